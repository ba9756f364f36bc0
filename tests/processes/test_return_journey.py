"""A pass that is given back, offered to the first who waits, sold again and refunded: through every service."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.processes.test_resale_journey import bought, eventually
from tests.running import Buyer, RunningFairseat
from tests.venue_owner import VenueOwner, a_hall

HALL = a_hall("Alte Oper", "Europe/Berlin", city="Erfurt", country="DE", subdivision="DE-TH")
PRICE_MINOR = 2_500


@dataclass(frozen=True)
class House:
    owner: VenueOwner
    ticket_id: str
    plan_id: str

    def seat(self, seat_id: str, by: Buyer) -> str:
        seats = by.get(f"/seating-plans/{self.plan_id}/seats")["seats"]
        [found] = [seat for seat in seats if seat["id"] == seat_id]
        return str(found["status"])

    def scan(self, code: str) -> tuple[bool, str | None]:
        answer = self.owner.ask("POST", "/scans", {"code": code, "gate": "North"})
        return answer["admitted"], answer["reason"]


@pytest.fixture(scope="module")
def house(running: RunningFairseat) -> Iterator[House]:
    """A hall whose doors are open already, with two seats at 25 euros, which one fan buys."""
    with Buyer(running) as anybody:
        organisation_id = anybody.organisation_id
    with VenueOwner(running, organisation_id, HALL) as owner:
        starts_at = datetime.now(UTC) + timedelta(hours=3)
        price = {"amount": PRICE_MINOR, "currency": "EUR"}
        seat = {"title": "Seat", "ticketType": "SEATED_MANUAL", "price": price, "quota": 2, "maxPerUser": 2}
        ends_at = starts_at + timedelta(hours=2)
        ticket_id = owner.draft(seat, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
        plan_id = owner.seats(ticket_id, rows=1, columns=2)
        owner.connect()
        owner.publish(ticket_id)
        yield House(owner, ticket_id, plan_id)


def test_a_return_goes_to_the_first_who_waits_and_its_money_to_who_gave_it_back(
    running: RunningFairseat, house: House
) -> None:
    with (
        Buyer(running, "dora@fans.example.com") as dora,
        Buyer(running, "emil@fans.example.com") as emil,
        Buyer(running, "finn@fans.example.com") as finn,
    ):
        first_order = dora.order(dora.hold(seats=2, plan_id=house.plan_id))
        dora.pay(first_order)
        dora.wait_for(first_order, "CONFIRMED")
        given, kept = dora.passes(first_order)

        waiting = f"/tickets/{house.ticket_id}/waiting-list"
        for place, fan in enumerate((emil, finn), start=1):
            assert fan.post(waiting, {"quantity": 1})["position"] == place
        listing = dora.post(f"/passes/{given['id']}/return", None)["listing"]
        assert (listing["kind"], listing["price"]["amount"]) == ("return", PRICE_MINOR)
        assert house.scan(given["code"]) == (False, "offered")

        [offer] = emil.get("/waiting-list/offers")["items"]
        assert [each["listingId"] for each in offer["returns"]] == [listing["id"]]
        assert finn.get("/waiting-list/offers")["items"] == []
        early = finn.refused(f"/listings/{listing['id']}/purchase")
        assert (early["status"], early["code"]) == (409, "resale.not_for_sale")
        stranger = finn.refused(f"/waiting-list/offers/{offer['id']}/accept")
        assert (stranger["status"], stranger["code"]) == (404, "resale.waiting_offer_not_found")
        [purchase] = emil.post(f"/waiting-list/offers/{offer['id']}/accept", None)["purchases"]
        assert dora.get(f"/orders/{first_order}/refunds")["items"] == [], "nothing is paid back before it is sold"

        second_order, ticket = bought(emil, purchase["purchaseId"], kind="resale")
        order = emil.get(f"/orders/{second_order}")
        assert (order["total"], ticket["seat"]) == ({"amount": PRICE_MINOR, "currency": "EUR"}, given["seat"])
        assert house.seat(given["seat"]["id"], finn) == "SOLD"
        assert house.scan(ticket["code"]) == (True, None)

        old = dora.get(f"/passes/{given['id']}")
        assert (old["status"], old["code"]) == ("VOID", None)
        assert house.scan(given["code"]) == (False, old["voidReason"])
        assert dora.get(f"/passes/{kept['id']}")["code"] == kept["code"]

        [refund] = eventually(
            lambda: dora.get(f"/orders/{first_order}/refunds")["items"],
            lambda items: [each["status"] for each in items] == ["succeeded"],
        )
        assert refund["amount"] == {"amount": PRICE_MINOR, "currency": "EUR"}
        assert house.seat(given["seat"]["id"], finn) == "SOLD", "the refund of the old pass frees no seat"
        assert [each["id"] for each in emil.passes(second_order)] == [ticket["id"]]
        assert finn.get(f"{waiting}/me")["position"] == 1

        again = dora.refused(f"/passes/{given['id']}/return")
        assert again["status"] == 409, again
        second_hand = emil.refused(f"/passes/{ticket['id']}/return")
        assert second_hand["status"] in {409, 422}, second_hand

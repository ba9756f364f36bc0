"""A venue from its first click on "connect" to sold places, and to the end of sales: through every service."""

import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.running import Buyer, RunningFairseat
from tests.venue_owner import AT_MOST_S, VenueOwner, a_hall

HALL = a_hall("Small stage", "Europe/Berlin", city="Erfurt", country="DE")


@pytest.fixture(scope="module")
def staff(running: RunningFairseat) -> Iterator[VenueOwner]:
    with Buyer(running) as buyer:
        owner = VenueOwner(running, buyer.organisation_id, HALL)
    yield owner
    owner.http.close()


def places(price_minor: int) -> dict[str, object]:
    price = {"amount": price_minor, "currency": "EUR"}
    return {"title": "Place", "ticketType": "GA", "price": price, "quota": 50, "maxPerUser": 9}


def held(buyer: Buyer, ticket_id: str, running: RunningFairseat) -> httpx.Response:
    body = {"reservationId": str(uuid4()), "quantity": 2}
    path = f"{running.api}/tickets/{ticket_id}/reservations"
    return buyer.http.post(path, json=body, headers=buyer.headers)


def test_a_venue_is_connected_sells_and_stops_when_stripe_says_so(running: RunningFairseat, staff: VenueOwner) -> None:
    free, dear = staff.draft(places(0)), staff.draft(places(1500))
    staff.publish(free)
    refused = staff.publish(dear, status=409)
    assert refused["code"] == "ticketing.charges_not_enabled" and "not connected" in refused["detail"]
    account_id = staff.connect()
    staff.publish(dear)
    with Buyer(running) as buyer:
        hold = held(buyer, dear, running)
        assert hold.status_code == 201, hold.text
        reservations = [{"kind": "general-admission", "reservationId": hold.json()["reservationId"]}]
        contact = {"email": "fan@demo.example.com"}
        order = buyer.post("/orders", {"reservations": reservations, "contact": contact})
        buyer.pay(order["id"])
        buyer.wait_for(order["id"], "CONFIRMED")

        lost = {"chargesEnabled": False, "currentlyDue": ["company.tax_id"], "disabledReason": "requirements.past_due"}
        assert httpx.post(f"{running.stripe}/_fake/accounts/{account_id}", json=lost).is_success
        until = time.monotonic() + AT_MOST_S
        while (answer := held(buyer, dear, running)).status_code == 201:
            assert time.monotonic() < until, "sales go on"
            time.sleep(0.1)
        assert (answer.status_code, answer.json()["code"]) == (409, "ticketing.sales_stopped")
        assert held(buyer, free, running).status_code == 201
        assert "salesStopped" not in buyer.get(f"/tickets/{dear}")
    told = staff.ask("GET", f"/tickets/{dear}")["salesStopped"]
    assert told == {"missing": ["company.tax_id"], "disabledReason": "requirements.past_due"}

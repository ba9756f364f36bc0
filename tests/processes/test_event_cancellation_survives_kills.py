"""An event with fifty orders is called off by a Fairseat that is killed on the way: everybody is refunded, once."""

import os
import shlex
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.processes.test_resale_journey import MAINE, SHARES, ask_price, bought, eventually
from tests.running import Buyer, RunningFairseat, clean_environment, fairseat
from tests.venue_owner import VenueOwner

PRICE_MINOR = 10_000
PAID = int(os.environ.get("FAIRSEAT_TEST_CANCELLED_ORDERS", "5"))
UNPAID, STARTED, GOODWILL, DISPUTED = 2, 2, 2, 1
WITHIN_S = 90
KILLS = int(os.environ.get("FAIRSEAT_TEST_CRASH_KILLS", "2")) // 2

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@dataclass
class House:
    """A venue with one event, its buyers, and their orders by what is special about them."""

    running: RunningFairseat
    owner: VenueOwner
    ticket_id: str
    plan_id: str
    buyers: list[Buyer]
    orders: dict[str, list[tuple[Buyer, str]]] = field(default_factory=dict)

    def ordered(self, kind: str, count: int, *, method: str | None = "pm_card_visa", confirm: bool = True) -> None:
        """Order a seat so many times; with a method the payment is started, and confirmed with it."""
        for number in range(count):
            buyer = self.buyers[number % len(self.buyers)]
            order_id = buyer.order(buyer.hold(plan_id=self.plan_id))
            if method is not None:
                payment = buyer.post(f"/orders/{order_id}/payments", {"method": "CARD"})
                if confirm:
                    confirmed = httpx.post(
                        f"{self.running.stripe}/v1/payment_intents/{payment['stripePaymentIntentId']}/confirm",
                        headers={"Authorization": "Bearer pk_test_fairseat"},
                        data={"payment_method": method, "client_secret": payment["clientSecret"]},
                    )
                    assert confirmed.is_success, confirmed.text
            self.orders.setdefault(kind, []).append((buyer, order_id))

    def confirmed(self, *kinds: str) -> None:
        for kind in kinds:
            for buyer, order_id in self.orders[kind]:
                buyer.wait_for(order_id, "CONFIRMED", at_most_s=WITHIN_S)

    def refunds(self, kind: str) -> Iterator[list[Any]]:
        for buyer, order_id in self.orders[kind]:
            yield buyer.get(f"/orders/{order_id}/refunds")["items"]

    def given_back(self, kind: str) -> list[int]:
        """Return for each order what went back in all."""
        return [
            sum(each["amount"]["amount"] for each in items if each["status"] == "succeeded")
            for items in self.refunds(kind)
        ]


@pytest.fixture
def house(mortal: RunningFairseat) -> Iterator[House]:
    running = mortal
    with ExitStack() as exits:
        buyers = [exits.enter_context(Buyer(running)) for _ in range(4)]
        owner = exits.enter_context(VenueOwner(running, buyers[0].organisation_id, MAINE))
        starts_at = datetime.now(UTC) + timedelta(hours=3)
        price = {"amount": PRICE_MINOR, "currency": "USD"}
        seat = {"title": "Seat", "ticketType": "SEATED_MANUAL", "price": price, "quota": 72, "maxPerUser": 30}
        ticket_id = owner.draft(
            seat, starts_at=starts_at.isoformat(), ends_at=(starts_at + timedelta(hours=2)).isoformat()
        )
        plan_id = owner.seats(ticket_id, rows=6, columns=12)
        owner.connect()
        owner.publish(ticket_id)
        owner.set(f"/venues/{owner.venue_id}/resale-policy", SHARES)
        yield House(running, owner, ticket_id, plan_id, buyers)


def books_are_even(running: RunningFairseat) -> None:
    lines = shlex.split((running.folder / "data" / "settings.env").read_text())
    environment = clean_environment(**dict(line.split("=", 1) for line in lines))
    until = time.monotonic() + WITHIN_S
    while True:
        found = subprocess.run(
            fairseat("reconcile", "--day", f"{datetime.now(UTC):%Y-%m-%d}"),
            check=False, env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if found.returncode == 0:
            return
        assert time.monotonic() < until, found.stdout + found.stderr
        time.sleep(0.5)


def test_everybody_gets_the_money_back_once_though_fairseat_is_killed(house: House) -> None:
    owner, running = house.owner, house.running
    house.ordered("paid", PAID)
    house.ordered("unpaid", UNPAID, method=None)
    house.ordered("started", STARTED, confirm=False)
    house.ordered("goodwill", GOODWILL)
    house.ordered("disputed", DISPUTED, method="pm_card_createDispute")
    house.confirmed("paid", "goodwill", "disputed")
    for _, order_id in house.orders["goodwill"]:
        some = {"amount": {"amount": 1_500, "currency": "USD"}, "reason": "goodwill", "note": "the doors were late"}
        owner.ask("POST", f"/orders/{order_id}/refunds", some)
    with Buyer(running, "ann@storm.example.com") as ann, Buyer(running, "ben@storm.example.com") as ben:
        first_order, held = bought(ann, ann.hold(plan_id=house.plan_id))
        listing_id = ann.post("/listings", ask_price(held["id"], PRICE_MINOR))["listing"]["id"]
        kept = ben.post(f"/listings/{listing_id}/purchase", None)
        second_order, _ = bought(ben, kept["purchaseId"], kind="resale")
        eventually(lambda: ann.get(f"/listings/{listing_id}")["status"], lambda status: status == "COMPLETED")
        _, other = bought(ben, ben.hold(plan_id=house.plan_id))
        open_listing = ben.post("/listings", ask_price(other["id"], PRICE_MINOR))["listing"]["id"]

        start = {"type": "event-cancellation", "params": {"ticketIds": [house.ticket_id], "reason": "A storm."}}
        path = f"/venues/{owner.venue_id}/operations"
        would = owner.ask("POST", path, start | {"dryRun": True})["preview"]
        sold = PAID + GOODWILL + DISPUTED + 2
        assert [would[name] for name in ("confirmed", "unpaid", "resales", "notByItself")] == [
            sold, UNPAID + STARTED, 1, DISPUTED,
        ]  # fmt: skip
        due = (PAID + GOODWILL + 2) * PRICE_MINOR - GOODWILL * 1_500
        assert would["toRefund"] == [{"currency": "USD", "amount": due}]
        operation_id = owner.ask("POST", path, start)["id"]
        for _ in range(KILLS):
            time.sleep(1)
            running.kill()
            running.start()
        done = eventually_done(owner, operation_id)
        result = done["steps"][-1]["result"]

        assert result["failed"] == DISPUTED
        assert {each["code"] for each in result["failures"]} == {"orders.disputed"}
        assert (result["refunded"] + result["pending"], result["open"]) == (sold - DISPUTED, 0)
        assert ben.get(f"/listings/{open_listing}")["status"] == "ENDED"
        house.orders["resold"] = [(ben, second_order)]
        house.orders["seller"] = [(ann, first_order)]
        eventually(
            lambda: Counter(each for kind in ("paid", "goodwill", "resold") for each in house.given_back(kind)),
            lambda sums: sums == Counter({PRICE_MINOR: PAID + GOODWILL + 1}),
        )
        assert house.given_back("seller") == [0]
    for kind in ("unpaid", "started"):
        for buyer, order_id in house.orders[kind]:
            assert buyer.get(f"/orders/{order_id}")["status"] == "CANCELLED"
    assert house.given_back("unpaid") + house.given_back("started") == [0] * (UNPAID + STARTED)
    assert house.given_back("disputed") == [0] * DISPUTED
    assert owner.ask("GET", f"/tickets/{house.ticket_id}")["status"] == "cancelled"
    books_are_even(running)


def eventually_done(owner: VenueOwner, operation_id: str) -> Any:
    until = time.monotonic() + WITHIN_S
    while (operation := owner.ask("GET", f"/operations/{operation_id}"))["status"] in {"pending", "in_progress"}:
        assert time.monotonic() < until, operation
        time.sleep(0.2)
    assert operation["status"] == "completed", operation
    return operation

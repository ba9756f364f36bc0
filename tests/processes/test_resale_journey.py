"""A seat that is sold, listed, sold again at the price that the law allows, and scanned: through every service."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import Buyer, RunningFairseat, clean_environment, fairseat
from tests.venue_owner import AT_MOST_S, VenueOwner, a_hall

MAINE = a_hall("Harbour stage", "America/New_York", city="Portland", country="US", subdivision="US-ME")
PRICE_MINOR, CAP_MINOR = 10_000, 11_000
ROYALTY_MINOR, FEE_MINOR = 220, 550
SHARES = {"platformFeeBasisPoints": 500, "royaltyBasisPoints": 200}


@dataclass(frozen=True)
class Stage:
    owner: VenueOwner
    plan_id: str


@pytest.fixture(scope="module")
def stage(running: RunningFairseat) -> Iterator[Stage]:
    """A connected venue in Maine, whose doors are open already, with seats at 100 dollars."""
    with Buyer(running) as anybody:
        organisation_id = anybody.organisation_id
    with VenueOwner(running, organisation_id, MAINE) as owner:
        starts_at = datetime.now(UTC) + timedelta(hours=3)
        price = {"amount": PRICE_MINOR, "currency": "USD"}
        seat = {"title": "Seat", "ticketType": "SEATED_MANUAL", "price": price, "quota": 6, "maxPerUser": 4}
        ends_at = starts_at + timedelta(hours=2)
        ticket_id = owner.draft(seat, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
        plan_id = owner.seats(ticket_id, rows=2, columns=3)
        owner.connect()
        owner.publish(ticket_id)
        owner.set(f"/venues/{owner.venue_id}/resale-policy", SHARES)
        yield Stage(owner, plan_id)


def eventually[T](look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    until = time.monotonic() + AT_MOST_S
    while not wanted(found := look()):
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


def scan(stage: Stage, code: str) -> tuple[bool, str | None]:
    answer = stage.owner.ask("POST", "/scans", {"code": code, "gate": "North"})
    return answer["admitted"], answer["reason"]


def ask_price(pass_id: str, amount: int) -> dict[str, object]:
    return {"passId": pass_id, "price": {"amount": amount, "currency": "USD"}}


def bought(buyer: Buyer, reservation_id: str, *, kind: str = "seats") -> tuple[str, Any]:
    """Order, pay, and return the order's id with its one pass."""
    order_id = buyer.order(reservation_id, kind=kind)
    buyer.pay(order_id)
    buyer.wait_for(order_id, "CONFIRMED")
    [shown] = buyer.passes(order_id)
    return order_id, shown


def verified(buyer: Buyer, receipt_id: str, folder: Path) -> str:
    """Return what `fairseat receipt verify` says of a receipt, which it believes."""
    receipt, keys = folder / "receipt.json", folder / "keys.json"
    receipt.write_text(json.dumps(buyer.get(f"/resale/receipts/{receipt_id}")))
    keys.write_text(json.dumps(buyer.get("/resale/keys")))
    command = fairseat("receipt", "verify", str(receipt), "--keys", str(keys))
    told = subprocess.run(command, check=False, env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_a_seat_is_resold_at_the_price_that_the_law_allows(
    running: RunningFairseat, stage: Stage, tmp_path: Path
) -> None:
    with Buyer(running, "ann@fans.example.com") as ann, Buyer(running, "ben@fans.example.com") as ben:
        first_order, held = bought(ann, ann.hold(plan_id=stage.plan_id))

        told = ann.post("/resale/validate", ask_price(held["id"], CAP_MINOR + 1))
        assert (told["allowed"], told["maxPrice"]) == (False, {"amount": CAP_MINOR, "currency": "USD"})
        dear = ann.refused("/listings", ask_price(held["id"], CAP_MINOR + 1))
        assert (dear["status"], dear["code"]) == (422, "resale.unlawful")
        assert [each["message"].split(":")[0] for each in dear["errors"]] == ["resale.price_too_high"]
        assert ann.get(f"/passes/{held['id']}")["code"] == held["code"]

        made = ann.post("/listings", ask_price(held["id"], CAP_MINOR))
        listing_id = made["listing"]["id"]
        assert (made["listing"]["status"], made["maxPrice"]["amount"]) == ("OPEN", CAP_MINOR)
        assert made["receiptId"] in verified(ann, made["receiptId"], tmp_path)
        assert ann.get(f"/passes/{held['id']}")["code"] is None
        assert scan(stage, held["code"]) == (False, "offered")

        purchase = f"/listings/{listing_id}/purchase"
        assert ann.refused(purchase)["code"] == "resale.own_listing"
        kept = ben.post(purchase, None)
        with Buyer(running) as carl:
            late = carl.refused(purchase)
            assert (late["status"], late["code"]) == (409, "resale.not_for_sale")
        second_order, ticket = bought(ben, kept["purchaseId"], kind="resale")
        assert ben.get(f"/orders/{second_order}")["total"] == {"amount": CAP_MINOR, "currency": "USD"}
        assert ticket["seat"]["id"] == held["seat"]["id"]
        assert scan(stage, ticket["code"]) == (True, None)

        ended = ann.get(f"/passes/{held['id']}")
        assert (ended["status"], ended["voidReason"], ended["code"]) == ("VOID", "resold", None)
        assert scan(stage, held["code"]) == (False, "resold")

        done = eventually(
            lambda: ann.get(f"/listings/{listing_id}"),
            lambda listing: listing["status"] == "COMPLETED" and listing["seller"]["payout"] not in {"due", "pending"},
        )
        own = done["seller"]
        seller_minor = CAP_MINOR - ROYALTY_MINOR - FEE_MINOR
        assert (own["payout"], own["youReceive"]["amount"]) == ("owed", seller_minor)
        [payout] = [each for each in stage.owner.ask("GET", "/payouts")["items"] if each["orderId"] == second_order]
        shares = [payout[name]["amount"] for name in ("seller", "royalty", "fee")]
        assert (payout["status"], shares) == ("owed", [seller_minor, ROYALTY_MINOR, FEE_MINOR])

        chain = ben.get(f"/passes/{ticket['id']}/history")
        assert chain["intact"] and [each["kind"] for each in chain["items"]] == ["purchase", "resale"]
        purchase_, resale = chain["items"]
        assert (purchase_["price"]["amount"], resale["price"]["amount"]) == (PRICE_MINOR, CAP_MINOR)
        assert resale["verdictId"] == made["receiptId"]

        gone = ann.refused(f"/orders/{first_order}/refunds", {"reason": "customer_request"})
        assert gone["code"] == "orders.passed_on"

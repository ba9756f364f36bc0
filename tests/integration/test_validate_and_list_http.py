"""What `POST /resale/validate` says of a pass is what listing it does; and who may read the receipt of a listing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from adapters.postgres.migrator import Database
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId
from tests.asked_venue import (
    BOX_OFFICE,
    FAN,
    MANAGER,
    OTHER_FAN,
    SERVICE,
    STRANGER,
    TENANT,
    AskedVenue,
    asked_venue,
    usd,
)
from tests.resale_neighbours import pass_facts
from tests.service_client import headers_of

TRADER: dict[str, Any] = {
    "kind": "trader_traceability",
    "evidence": {
        "name": "Müller Tickets",
        "address": "Hauptstraße 1, Berlin",
        "country": "DE",
        "email": "ann@example.com",
        "phone": "+49 30 123456",
        "certifiesLawfulOffers": True,
        "register": "HRB",
        "registerNumber": "HRB 1234",
    },
}
MAINE = {"city": "Portland", "country": "US", "subdivision": "US-ME"}
GERMANY = {"city": "Erfurt", "country": "DE", "subdivision": "DE-TH"}
FRANCE = {"city": "Paris", "country": "FR", "subdivision": None}


@pytest.fixture
async def venue(venue_db: Database) -> AsyncIterator[AskedVenue]:
    async with asked_venue(venue_db) as opened:
        yield opened


def a_pass(venue: AskedVenue, venue_id: str, seller: Caller = FAN) -> str:
    known = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=seller.account_id))
    return str(known.pass_id)


async def bring_evidence(venue: AskedVenue, seller: Caller) -> None:
    """Let the seller be known for a trader."""
    brought = await venue.post("/seller-verifications", TRADER, seller)
    assert brought.status_code == 201, brought.text
    path = f"/api/v1/seller-verifications/{brought.json()['id']}"
    headers = headers_of(MANAGER) | {"If-Match": brought.headers["etag"]}
    judged = await venue.client.patch(path, json={"status": "verified"}, headers=headers)
    assert judged.status_code == 200, judged.text


@dataclass(frozen=True, kw_only=True)
class Case:
    """A seller's word about being a trader, the evidence for it, the organiser's policy, and what listing then does."""

    place: dict[str, Any]
    price: int = 9_000
    trader: bool | None = False
    verified: bool = False
    policy: dict[str, Any] = field(default_factory=dict[str, Any])
    answer: str = "listed"


CASES = (
    Case(place=MAINE, price=11_000),
    Case(place=MAINE, price=11_000, trader=None),
    Case(place=MAINE, price=11_001, answer="resale.unlawful"),
    Case(place=MAINE, price=9_001, policy={"priceMultiplier": "1.0"}, answer="resale.unlawful"),
    Case(place=MAINE, policy={"allowed": False}, answer="resale.unlawful"),
    Case(place=MAINE, policy={"verifications": ["identity"]}, answer="resale.verification_required"),
    Case(place=GERMANY),
    Case(place=GERMANY, trader=True, answer="resale.verification_required"),
    Case(place=GERMANY, trader=None, answer="resale.verification_required"),
    Case(place=GERMANY, trader=True, verified=True),
    Case(place=FRANCE, answer="resale.unlawful"),
    Case(place=FRANCE, policy={"allowed": True}),
)


async def test_a_pass_is_listed_exactly_where_validate_says_so_and_refused_for_the_reasons_that_it_names(
    venue: AskedVenue,
) -> None:
    for case in CASES:
        seller = Caller(AccountId(uuid7()), TENANT)
        venue_id = await venue.hall(**case.place)
        if case.policy:
            await venue.allow(venue_id, **case.policy)
        if case.verified:
            await bring_evidence(venue, seller)
        ask: dict[str, Any] = {"passId": a_pass(venue, venue_id, seller), "price": usd(case.price)}
        if case.trader is not None:
            ask["sellerTrader"] = case.trader

        asked = [await venue.ask(ask | {"act": act}, seller) for act in ("listing", "resale")]
        made = await venue.post("/listings", ask, seller)

        body = made.json()
        for told in asked:
            for_sale = told["allowed"] and not told["requiresVerification"]
            assert for_sale is (made.status_code == 201) is (case.answer == "listed"), (case, body)
            if for_sale:
                for member in ("maxPrice", "duties", "requiresVerification", "verifications"):
                    assert body[member] == told[member], case
                continue
            assert (made.status_code, body["code"]) == (422, case.answer), case
            messages = [error["message"] for error in body["errors"]]
            if case.answer == "resale.unlawful":
                reasons = [f"{reason['code']}: {reason['message']}" for reason in told["reasons"]]
                assert messages[: len(reasons)] == reasons, case
            else:
                assert [message.partition(":")[0] for message in messages] == told["verifications"], case


async def test_of_a_pass_issued_elsewhere_the_sellers_word_is_one_of_the_facts(venue: AskedVenue) -> None:
    elsewhere = {"event": {"startsAt": "2096-12-11T18:30:00Z", "country": "DE"}, "faceValue": usd(9_000)}
    question = elsewhere | {"price": usd(9_000)}
    assert await venue.refused(question | {"sellerTrader": True}) == (400, "request.invalid", ["/sellerTrader"])
    assert (await venue.ask(question | {"facts": {"sellerTrader": False}}))["verifications"] == []


async def test_a_receipt_is_read_by_seller_buyer_and_staff_and_is_not_there_for_others(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    made = await venue.post("/listings", {"passId": a_pass(venue, venue_id), "price": usd(11_000)})
    listing = made.json()["listing"]
    path = f"/api/v1/resale/receipts/{made.json()['receiptId']}"

    async def read(by: Caller) -> httpx.Response:
        return await venue.client.get(path, headers=headers_of(by))

    receipt = await read(FAN)
    assert receipt.status_code == 200 and receipt.json()["outcome"]["allowed"]
    for staff in (MANAGER, BOX_OFFICE):
        assert (await read(staff)).json() == receipt.json()
    scanner = Caller(AccountId(uuid7()), TENANT, Role.SCANNER)
    for other in (OTHER_FAN, scanner, STRANGER):
        refused = await read(other)
        assert (refused.status_code, refused.json()["code"]) == (404, "resale.receipt_not_found")
    assert (await read(SERVICE)).status_code == 403, "keys get their receipts with their answers"

    bought = await venue.post(f"/listings/{listing['id']}/purchase", None, OTHER_FAN)
    assert bought.status_code == 201, bought.text
    purchase = f"/api/v1/purchases/{bought.json()['purchaseId']}"
    assert (await read(OTHER_FAN)).json() == receipt.json()
    assert (await venue.client.delete(purchase, headers=headers_of(OTHER_FAN))).is_success
    assert (await read(OTHER_FAN)).status_code == 404, "who gave it back has no part in it any more"
    assert (await read(FAN)).status_code == 200

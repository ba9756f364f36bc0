"""POST /resale/validate as its callers see it, on a real venue_db and the rulebook that comes with Fairseat."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from uuid_utils.compat import uuid7

from adapters.postgres.migrator import Database
from adapters.system.receipt_signing import Ed25519ReceiptVerifier
from bootstrap.containers.service import Pools
from core.resale.receipts.receipt_key import public_keys_of
from core.shared.callers import ApiScope, Caller
from tests.asked_venue import (
    BOX_OFFICE,
    FAN,
    OTHER_FAN,
    SERVICE,
    STRANGER,
    TENANT,
    AskedVenue,
    asked_venue,
    maine,
    usd,
)
from tests.resale_neighbours import pass_facts
from tests.service_client import headers_of
from usecases.resale.receipt_keys import ReceiptKeys
from usecases.resale.verify_receipt import VerifyReceipt


@pytest.fixture
async def venue(venue_db: Database) -> AsyncIterator[AskedVenue]:
    async with asked_venue(venue_db) as opened:
        yield opened


@pytest.mark.parametrize(("price", "allowed"), [(10_999, True), (11_000, True), (11_001, False)])
async def test_a_pass_issued_elsewhere_is_judged_to_the_cent(venue: AskedVenue, price: int, allowed: bool) -> None:
    verdict = await venue.ask(maine(price=usd(price)))

    assert verdict["allowed"] is allowed
    assert verdict["maxPrice"] == usd(11_000) and verdict["transferCount"] == 1
    [bound] = [rule for rule in verdict["rules"] if rule["outcome"] == "bound"]
    assert bound["place"] == "US-ME" and bound["citation"] and bound["ceiling"] == usd(11_000)
    assert verdict["steps"] and verdict["duties"] is not None and not verdict["hypothetical"]
    if not allowed:
        assert verdict["reasons"][0]["code"] == "resale.price_too_high"
        assert verdict["reason"] == verdict["reasons"][0]["message"] and verdict["remedies"]
    else:
        assert (verdict["reason"], verdict["reasons"]) == (None, [])


async def test_the_receipt_is_believed_with_the_published_keys_alone_and_not_with_a_change(venue: AskedVenue) -> None:
    verdict = await venue.ask(maine(reference="row 3, “seat 4”"))
    published = await venue.client.get("/api/v1/resale/keys")
    assert published.status_code == 200 and "max-age" in published.headers["cache-control"]
    keys = public_keys_of(published.content)
    verify = VerifyReceipt(Ed25519ReceiptVerifier())

    receipt = verify(json.dumps(verdict["receipt"]).encode(), keys)

    assert (str(receipt.id), receipt.allowed, receipt.tenant_id) == (verdict["id"], True, TENANT)
    assert receipt.rulebook_version == verdict["rulebookVersion"]
    for path, value in ((("outcome", "allowed"), False), (("price", "amount"), 1), (("subject", "reference"), "row 4")):
        altered = json.loads(json.dumps(verdict["receipt"]))
        altered[path[0]][path[1]] = value
        with pytest.raises(Exception, match="altered"):
            verify(json.dumps(altered).encode(), keys)


async def test_receipts_of_before_a_rotation_are_still_believed(venue: AskedVenue) -> None:
    before = (await venue.ask(maine()))["receipt"]
    await (await venue.container.get(ReceiptKeys)).rotate()
    after = (await venue.ask(maine()))["receipt"]

    keys = public_keys_of((await venue.client.get("/api/v1/resale/keys")).content)

    assert before["keyId"] != after["keyId"]
    for receipt in (before, after):
        found = VerifyReceipt(Ed25519ReceiptVerifier())(json.dumps(receipt).encode(), keys)
        assert str(found.id) == receipt["id"]


async def test_without_a_venue_the_answer_needs_no_database(venue: AskedVenue) -> None:
    await venue.ask(maine())  # the keys are read once a process
    pools = await venue.container.get(Pools)
    await pools.app.close()

    assert (await venue.ask(maine()))["allowed"]
    batch = await venue.post("/resale/validate/batch", {"items": [maine(), maine(price=usd(1))]})
    assert [item["verdict"]["allowed"] for item in batch.json()["items"]] == [True, True]
    assert (await venue.client.get("/api/v1/resale/rulebook", headers=headers_of(FAN))).status_code == 200


async def test_a_venue_of_ours_brings_in_its_place_and_its_organisers_policy(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    event = {"startsAt": "2096-12-11T18:30:00Z", "kind": "concert", "country": "US"}
    question = maine(venueId=venue_id, event=event)

    assert (await venue.ask(question))["maxPrice"] == usd(11_000)
    await venue.allow(venue_id, priceMultiplier="1.0")
    strict = await venue.ask(question)

    assert strict["maxPrice"] == usd(9_000) and not strict["allowed"]
    assert (await venue.ask(maine()))["allowed"]


async def test_a_pass_of_ours_is_judged_with_all_that_is_known_of_it(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    known = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id))
    question = {"passId": str(known.pass_id), "price": usd(11_000), "buyer": {"country": "US"}}

    for caller in (FAN, BOX_OFFICE):
        verdict = await venue.ask(question, caller)
        assert verdict["allowed"] and verdict["maxPrice"] == usd(11_000) and verdict["transferCount"] == 0
        assert verdict["receipt"]["subject"] == {"kind": "pass", "passId": str(known.pass_id)}
    assert not (await venue.ask(question | {"price": usd(11_001)}))["allowed"]


async def test_a_service_asks_with_its_key_about_any_pass_of_its_organisation(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    known = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id))
    question = {"passId": str(known.pass_id), "price": usd(11_000), "buyer": {"country": "US"}}

    assert (await venue.ask(question, SERVICE))["allowed"]
    assert (await venue.ask(maine(), SERVICE))["allowed"]
    assert (await venue.ask(maine(sellerId=str(FAN.account_id)), SERVICE))["allowed"]
    batch = await venue.post("/resale/validate/batch", {"items": [question, maine()]}, SERVICE)
    assert [item["verdict"]["allowed"] for item in batch.json()["items"]] == [True, True]
    abroad = Caller(SERVICE.account_id, STRANGER.tenant_id, scopes=SERVICE.scopes)
    assert await venue.refused(question, abroad) == (404, "admission.pass_not_found", [])


async def test_a_key_is_for_what_it_names_alone(venue: AskedVenue) -> None:
    reader = Caller(SERVICE.account_id, TENANT, scopes=frozenset({ApiScope.RESALE_READ}))

    assert (await venue.client.get("/api/v1/resale/rulebook", headers=headers_of(reader))).status_code == 200
    assert (await venue.client.get("/api/v1/resale/rulebook", headers=headers_of(SERVICE))).status_code == 403
    assert await venue.refused(maine(), reader) == (403, "access.forbidden", [])
    assert (await venue.post("/venues", {}, SERVICE)).status_code == 403


async def test_what_a_voucher_took_off_is_no_base_of_a_ceiling(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    known = venue.passes.add(
        pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id, discount_minor=5_000, paid_minor=5_000)
    )

    verdict = await venue.ask({"passId": str(known.pass_id), "price": usd(100)})

    assert verdict["maxPrice"] == usd(5_500)


async def test_for_others_and_for_another_tenant_a_pass_is_not_there(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    known = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id))
    void = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id, status="VOID"))
    question = {"passId": str(known.pass_id), "price": usd(100)}

    for caller in (OTHER_FAN, STRANGER):
        assert await venue.refused(question, caller) == (404, "admission.pass_not_found", [])
    assert (await venue.refused(question | {"passId": str(uuid7())}))[0] == 404
    assert await venue.refused(question | {"passId": str(void.pass_id)}) == (409, "admission.pass_void", [])
    assert (await venue.refused(maine(venueId=venue_id), STRANGER))[:2] == (404, "venues.not_found")


async def test_about_another_seller_only_staff_may_ask(venue: AskedVenue) -> None:
    question = maine(sellerId=str(FAN.account_id))

    assert (await venue.refused(question, OTHER_FAN))[:2] == (403, "access.forbidden")
    assert (await venue.ask(question))["allowed"] and (await venue.ask(question, BOX_OFFICE))["allowed"]


BAD: list[tuple[dict[str, Any], int, list[str] | None]] = [
    ({"price": usd(-1)}, 400, ["/price/amount"]),
    ({"price": usd(100_000_000)}, 400, ["/price/amount"]),
    ({"price": {"amount": 1.5, "currency": "USD"}}, 400, ["/price/amount"]),
    ({"price": {"amount": 1, "currency": "XXX"}, "buyerFees": None}, 422, ["/price/currency"]),
    ({"fees": {"amount": 1, "currency": "EUR"}}, 422, ["/fees/currency"]),
    ({"buyerFees": {"amount": 1, "currency": "EUR"}}, 422, ["/buyerFees/currency"]),
    ({"transferCount": -1}, 400, ["/transferCount"]),
    ({"surprise": 1}, 400, None),
    ({"facts": {"surprise": True}}, 400, None),
    ({"facts": {"venueKind": "moon"}}, 400, None),
    ({"event": None}, 400, ["/event"]),
    ({"event": {"startsAt": "2096-12-11T18:30:00", "country": "US"}}, 400, None),
    ({"event": {"startsAt": "2096-12-11T18:30:00Z", "country": "XX"}}, 422, ["/event/country"]),
    (
        {"event": {"startsAt": "2096-12-11T18:30:00Z", "country": "US", "subdivision": "CA-ON"}},
        422,
        ["/event/subdivision"],
    ),
    (
        {"event": {"startsAt": "2096-12-11T18:30:00Z", "country": "US", "timeZone": "Moon/Base"}},
        400,
        ["/event/timeZone"],
    ),
    ({"buyer": {"country": "DE", "subdivision": "FR-75"}}, 422, ["/buyer/subdivision"]),
    ({"asOf": "1999-12-31T23:59:59Z"}, 422, ["/asOf"]),
    ({"asOf": "2096-01-01T00:00:00Z"}, 422, ["/asOf"]),
    ({"asOf": "2026-01-01T00:00:00"}, 400, None),
    ({"passId": str(uuid4())}, 400, None),
    ({"reference": "a\nb"}, 400, ["/reference"]),
]
"""What is wrong with a question, the status, and where; None where the decoder points at the whole."""


async def test_bad_input_is_refused_where_it_stands(venue: AskedVenue) -> None:
    for changes, status, pointers in BAD:
        found, _, at = await venue.refused(maine(**changes))

        assert found == status, changes
        assert pointers is None or at == pointers, changes


async def test_bad_input_in_a_batch_is_told_as_it_is_alone_and_points_into_the_batch(venue: AskedVenue) -> None:
    answer = await venue.post("/resale/validate/batch", {"items": [maine(**changes) for changes, _, _ in BAD]})

    for number, (item, (changes, status, pointers)) in enumerate(zip(answer.json()["items"], BAD, strict=True)):
        problem = item["problem"]
        assert problem["status"] == status, changes
        if pointers is not None:
            assert [each["pointer"] for each in problem["errors"]] == [f"/items/{number}{at}" for at in pointers]


async def test_a_price_of_nothing_may_be_asked_and_one_in_another_currency_may_not(venue: AskedVenue) -> None:
    assert (await venue.ask(maine(price=usd(0))))["allowed"]

    foreign = await venue.ask(maine(price={"amount": 1, "currency": "EUR"}, buyerFees=None))

    assert not foreign["allowed"] and foreign["reasons"][0]["code"] == "resale.currency_mismatch"


async def test_where_nobody_knows_the_law_caution_sets_the_ceiling_and_says_so(venue: AskedVenue) -> None:
    event = {"startsAt": "2096-12-11T18:30:00Z", "kind": "concert", "country": "AQ"}

    assert (await venue.ask(maine(event=event, price=usd(10_000))))["allowed"]
    denied = await venue.ask(maine(event=event, price=usd(10_001)))

    assert not denied["allowed"] and denied["maxPrice"] == usd(10_000) and denied["warnings"]


async def test_the_law_of_another_day_can_be_asked_for_and_the_answer_says_so(venue: AskedVenue) -> None:
    before = await venue.ask(maine(asOf="2025-09-23T12:00:00Z", price=usd(11_001)))

    assert before["hypothetical"] and before["asOf"] == "2025-09-23T12:00:00Z" == before["receipt"]["asOf"]
    assert all(rule["outcome"] != "bound" for rule in before["rules"] if rule["place"] == "US-ME")
    later = await venue.ask(maine(asOf="2025-09-24T12:00:00-04:00", price=usd(11_001)))
    assert not later["allowed"] and later["asOf"] == "2025-09-24T16:00:00Z"


async def test_one_bad_question_loses_nothing_of_the_others(venue: AskedVenue) -> None:
    venue_id = await venue.hall_in_maine()
    known = venue.passes.add(pass_facts(venue_id=UUID(venue_id), account_id=FAN.account_id))
    items = [
        maine(),
        "nonsense",
        maine(price=usd(11_001)),
        maine(surprise=1),
        {"passId": str(known.pass_id), "price": usd(100)},
        {"passId": str(uuid7()), "price": usd(100)},
        None,
    ]

    answer = await venue.post("/resale/validate/batch", {"items": items})

    assert answer.status_code == 200
    told = [
        item["verdict"]["allowed"] if item["verdict"] else item["problem"]["status"] for item in answer.json()["items"]
    ]
    assert told == [True, 400, False, 400, True, 404, 400]
    pointers = [
        each["pointer"]
        for item in answer.json()["items"]
        if item["problem"]
        for each in item["problem"].get("errors", ())
    ]
    assert pointers[:2] == ["/items/1", "/items/3"] and pointers[-1] == "/items/6"
    assert "$" not in answer.json()["items"][3]["problem"]["detail"]


async def test_a_batch_has_1_to_1000_questions(venue: AskedVenue) -> None:
    many = {"items": [{"price": usd(1)}] * 1_000}

    assert len((await venue.post("/resale/validate/batch", many)).json()["items"]) == 1_000
    for items in ([], [{"price": usd(1)}] * 1_001):
        assert (await venue.post("/resale/validate/batch", {"items": items})).status_code == 400


async def test_nobody_asks_without_a_token(venue: AskedVenue) -> None:
    for path in ("/resale/validate", "/resale/validate/batch"):
        assert (await venue.client.post(f"/api/v1{path}", json=maine())).status_code == 401
    assert (await venue.client.get("/api/v1/resale/rulebook")).status_code == 401


async def test_the_rulebook_is_read_page_by_page_with_all_its_doubts(venue: AskedVenue) -> None:
    async def read(**query: str) -> httpx.Response:
        return await venue.client.get("/api/v1/resale/rulebook", params=query, headers=headers_of(FAN))

    rules: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await read(limit="40", **({"cursor": cursor} if cursor else {}))).json()
        rules += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert len(rules) > 80 and [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    assert all(rule["citation"] and rule["status"] and rule["reviewedOn"] for rule in rules)
    assert {rule["binds"] for rule in rules} == {True, False}
    first = await read(place="US-ME")
    assert {rule["place"] for rule in first.json()["items"]} == {"US-ME", "US"}
    assert first.headers["etag"] == f'"{first.json()["rulebookVersion"]}"'
    again = await venue.client.get(
        "/api/v1/resale/rulebook", headers=headers_of(FAN) | {"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    dated = [rule["place"] for rule in (await read(asOf="2025-09-23T12:00:00Z", place="US-ME")).json()["items"]]
    assert "US-ME" not in dated
    assert (await read(place="US-XX")).status_code == 422
    assert (await read(cursor="é")).status_code == 400
    assert (await read(asOf="2026-01-01T00:00:00")).status_code == 400

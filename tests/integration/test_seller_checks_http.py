"""Verifications, blocks, histories and scores as clients see them, on a real venue_db."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.resale.law.facts import PriceComponents, Where
from core.resale.policies.policy import VerificationKind
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.shared.callers import Caller, Role
from core.shared.ids import PassId, TicketId, VerdictId
from core.shared.money import Money
from ports.resale.verification import Check, CheckAnswer
from tests.resale_house import World
from tests.resale_neighbours import ERFURT, GONE, NOW, OTHER_TENANT, TENANT, TICKET_OF
from tests.resale_shop import Shop, ids_of, pointers, problem, resale_shop
from tests.servers import PostgresServer
from usecases.resale.purchases import begun, purchase_of

PATH = "/seller-verifications"
IDENTITY: dict[str, Any] = {
    "kind": "identity",
    "evidence": {"legalName": "Ann Müller", "country": "DE", "document": "passport", "documentNumber": "C01X00T47"},
}
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
LICENCE: dict[str, Any] = {
    "kind": "state_licence",
    "evidence": {"place": "US-GA", "authority": "State", "licenceNumber": "TB-0042", "validUntil": "2027-01-31"},
}
TAX: dict[str, Any] = {
    "kind": "sales_tax_registration",
    "evidence": {"place": "US-GA", "registrationNumber": "20-1234567"},
}
LAST_OWNER: dict[str, Any] = {
    "kind": "last_owner_name",
    "evidence": {"passId": str(UUID(int=11)), "lastOwnerName": "Ann Müller"},
}
CONSENT: dict[str, Any] = {"kind": "organiser_authorisation", "evidence": {"reference": "letter of 1 May"}}
ANN, BEN, CAT = (World.fan(number) for number in (0x61, 0x62, 0x63))


@pytest.fixture
async def shop(postgres: PostgresServer) -> AsyncIterator[Shop]:
    async with resale_shop(postgres) as opened:
        yield opened


@pytest.fixture
async def light_shop() -> AsyncIterator[Shop]:
    """A shop in memory, for what is decided before anything is stored."""
    async with resale_shop(None) as opened:
        yield opened


async def bring(shop: Shop, body: object, *, by: Caller = ANN) -> dict[str, Any]:
    answer = await shop.ask("POST", PATH, body, caller=by)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_seller_brings_every_kind_of_evidence_and_sees_only_their_own(shop: Shop) -> None:
    everything = (IDENTITY, TRADER, LICENCE, TAX, LAST_OWNER, CONSENT, IDENTITY | {"venueId": str(ERFURT)})
    brought = [await bring(shop, body) for body in everything]
    await bring(shop, IDENTITY, by=BEN)
    assert [one["kind"] for one in brought] == [body["kind"] for body in everything]
    assert {one["status"] for one in brought} == {"in_review"}
    own = await shop.ask("GET", f"{PATH}/me", caller=ANN)
    assert own.json()["items"] == brought[::-1]
    assert brought[-1]["venueId"] == str(ERFURT)
    assert (await shop.ask("GET", f"{PATH}/me", caller=CAT)).json()["items"] == []
    elsewhere = replace(ANN, tenant_id=OTHER_TENANT)
    assert (await shop.ask("GET", f"{PATH}/me", caller=elsewhere)).json()["items"] == []


async def test_of_secret_numbers_only_the_end_is_kept_and_the_verifier_gets_the_whole(shop: Shop) -> None:
    identity, tax = await bring(shop, IDENTITY), await bring(shop, TAX)
    assert identity["evidence"]["documentNumberEnd"] == "0T47"
    assert tax["evidence"]["numberEnd"] == "4567"
    assert [brought.whole_number for brought in shop.world.verifier.asked] == ["C01X00T47", "20-1234567"]
    assert "C01X00T47" not in repr(shop.world.verifier.asked)
    everything = (await shop.ask("GET", PATH)).text
    assert "C01X00" not in everything
    assert "123456" not in everything


async def test_staff_verify_with_an_end_after_which_it_counts_for_nothing(shop: Shop) -> None:
    brought = await bring(shop, IDENTITY)
    end = NOW + timedelta(days=10)
    verdict = {"status": "verified", "reason": "seen", "expiresAt": end.isoformat()}
    answer = await shop.ask("PATCH", f"{PATH}/{brought['id']}", verdict, version=1)
    assert (answer.status_code, answer.json()["status"], answer.headers["etag"]) == (200, "verified", '"v2"')
    assert (answer.json()["expiresAt"], answer.json()["reason"]) == ("2026-12-02T08:00:00Z", "seen")
    shop.world.clock.move(seconds=10 * 86_400 - 1)
    assert ids_of(await shop.ask("GET", f"{PATH}?status=verified")) == [UUID(brought["id"])]
    shop.world.clock.move(seconds=1)
    assert ids_of(await shop.ask("GET", f"{PATH}?status=verified")) == []
    (own,) = (await shop.ask("GET", f"{PATH}/me", caller=ANN)).json()["items"]
    assert own["status"] == "expired"
    await bring(shop, IDENTITY)


async def test_what_is_not_decided_is_not_brought_twice_and_what_is_decided_does_not_change(shop: Shop) -> None:
    brought = await bring(shop, IDENTITY)
    path = f"{PATH}/{brought['id']}"
    assert problem(await shop.ask("POST", PATH, IDENTITY, caller=ANN)) == (409, "resale.verification_open")
    refused = await shop.ask("PATCH", path, {"status": "rejected"}, version=1)
    assert (problem(refused), pointers(refused)) == ((422, "resale.invalid_verification"), ["/reason"])
    assert problem(await shop.ask("PATCH", path, {"status": "verified"}))[0] == 428
    assert (await shop.ask("PATCH", path, {"status": "rejected", "reason": "blurred"}, version=1)).status_code == 200
    assert problem(await shop.ask("PATCH", path, {"status": "verified"}, version=1)) == (412, "request.stale_version")
    answer = await shop.ask("PATCH", path, {"status": "verified"}, version=2)
    assert problem(answer) == (409, "resale.verification_decided")
    again = await bring(shop, IDENTITY)
    assert ids_of(await shop.ask("GET", f"{PATH}?status=rejected")) == [UUID(brought["id"])]
    assert ids_of(await shop.ask("GET", f"{PATH}?limit=1")) == [UUID(brought["id"])]
    assert ids_of(await shop.ask("GET", f"{PATH}?status=in_review")) == [UUID(again["id"])]


async def test_only_staff_judge_and_nobody_their_own(shop: Shop) -> None:
    brought = await bring(shop, IDENTITY)
    path, verdict = f"{PATH}/{brought['id']}", {"status": "verified"}
    for caller in (ANN, BEN, shop.world.staff(Role.SCANNER)):
        assert problem(await shop.ask("PATCH", path, verdict, caller=caller, version=1)) == (403, "access.forbidden")
        assert problem(await shop.ask("GET", PATH, caller=caller)) == (403, "access.forbidden")
    stranger = shop.world.staff(tenant_id=OTHER_TENANT)
    answer = await shop.ask("PATCH", path, verdict, caller=stranger, version=1)
    assert problem(answer) == (404, "resale.verification_not_found")
    assert ids_of(await shop.ask("GET", PATH, caller=stranger)) == []
    mine = await bring(shop, IDENTITY, by=shop.world.staff())
    answer = await shop.ask("PATCH", f"{PATH}/{mine['id']}", verdict, version=1)
    assert problem(answer) == (403, "access.forbidden")


async def test_a_verifier_may_answer_at_once(shop: Shop) -> None:
    shop.world.verifier.answers = {
        VerificationKind.IDENTITY: Check(answer=CheckAnswer.VERIFIED, reference="r-1"),
        VerificationKind.SALES_TAX_REGISTRATION: Check(answer=CheckAnswer.REJECTED, reason="unknown number"),
        VerificationKind.LAST_OWNER_NAME: Check(answer=CheckAnswer.WAITS),
    }
    answers = [await bring(shop, body) for body in (IDENTITY, TAX, LAST_OWNER)]
    assert [(one["status"], one["reason"]) for one in answers] == [
        ("verified", None),
        ("rejected", "unknown number"),
        ("pending", None),
    ]
    assert answers[0]["expiresAt"] == "2028-11-21T08:00:00Z"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"kind": "horoscope", "evidence": {}}, 400, "/kind"),
        (IDENTITY | {"evidence": IDENTITY["evidence"] | {"country": "ZZ"}}, 400, "/evidence/country"),
        (IDENTITY | {"evidence": IDENTITY["evidence"] | {"documentNumber": "12"}}, 400, "/evidence/documentNumber"),
        (IDENTITY | {"evidence": TAX["evidence"]}, 400, None),
        (TAX | {"evidence": TAX["evidence"] | {"place": "US-ZZ"}}, 400, "/evidence/place"),
        (TRADER | {"evidence": TRADER["evidence"] | {"certifiesLawfulOffers": False}}, 400, None),
        (LICENCE | {"evidence": LICENCE["evidence"] | {"validUntil": "2026-11-21"}}, 422, "/evidence/validUntil"),
        (IDENTITY | {"venueId": str(GONE)}, 404, None),
    ],
)
async def test_evidence_that_cannot_be_is_refused(
    light_shop: Shop, body: object, status: int, pointer: str | None
) -> None:
    answer = await light_shop.ask("POST", PATH, body, caller=ANN)
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert pointer in pointers(answer), answer.text
    assert light_shop.world.verifier.asked == []


async def test_a_block_holds_until_its_end_and_stays_in_the_list(shop: Shop) -> None:
    person = str(ANN.account_id)
    body = {"accountId": person, "reason": "sold twice", "until": (NOW + timedelta(days=1)).isoformat()}
    timed = await shop.ask("POST", "/resale/blocks", body)
    assert (timed.status_code, timed.json()["holds"], timed.json()["until"]) == (201, True, "2026-11-23T08:00:00Z")
    for_good = (await shop.ask("POST", "/resale/blocks", {"accountId": person, "reason": "again"})).json()
    await shop.ask("POST", "/resale/blocks", {"accountId": str(BEN.account_id), "reason": "bots"})
    shop.world.clock.move(seconds=86_400)
    assert (await shop.ask("DELETE", f"/resale/blocks/{for_good['id']}")).status_code == 204
    assert (await shop.ask("DELETE", f"/resale/blocks/{for_good['id']}")).status_code == 204
    of_ann = (await shop.ask("GET", f"/resale/blocks?accountId={person}")).json()["items"]
    assert [(one["holds"], one["endedBy"] is not None) for one in of_ann] == [(False, False), (False, True)]
    everybody = await shop.ask("GET", "/resale/blocks?limit=2")
    rest = await shop.ask("GET", f"/resale/blocks?limit=2&cursor={everybody.json()['nextCursor']}")
    assert (len(everybody.json()["items"]), len(rest.json()["items"])) == (2, 1)


async def test_only_managers_block_and_other_organisations_blocks_are_not_there(shop: Shop) -> None:
    body = {"accountId": str(ANN.account_id), "reason": "sold twice"}
    block = (await shop.ask("POST", "/resale/blocks", body)).json()
    path = f"/resale/blocks/{block['id']}"
    for caller in (ANN, shop.world.staff(Role.BOX_OFFICE)):
        assert problem(await shop.ask("POST", "/resale/blocks", body, caller=caller)) == (403, "access.forbidden")
        assert problem(await shop.ask("DELETE", path, caller=caller)) == (403, "access.forbidden")
    assert problem(await shop.ask("GET", "/resale/blocks", caller=ANN)) == (403, "access.forbidden")
    assert len(ids_of(await shop.ask("GET", "/resale/blocks", caller=shop.world.staff(Role.BOX_OFFICE)))) == 1
    stranger = shop.world.staff(tenant_id=OTHER_TENANT)
    assert ids_of(await shop.ask("GET", "/resale/blocks", caller=stranger)) == []
    assert problem(await shop.ask("DELETE", path, caller=stranger)) == (404, "resale.block_not_found")
    past = await shop.ask("POST", "/resale/blocks", body | {"until": NOW.isoformat()})
    assert (problem(past), pointers(past)) == ((422, "resale.invalid_block"), ["/until"])
    assert (await shop.ask("POST", "/resale/blocks", body | {"reason": ""})).status_code == 400


FIRST, SECOND = PassId(UUID(int=11)), PassId(UUID(int=12))
PURCHASE = HistoryEntry(
    lineage_id=FIRST,
    kind=HistoryKind.PURCHASE,
    at=NOW - timedelta(hours=2),
    ticket_id=TicketId(TICKET_OF[ERFURT]),
    pass_id=FIRST,
    to_account=ANN.account_id,
    price=Money(5_000, "EUR"),
    components=PriceComponents(face=Money(5_000, "EUR"), fee_printed=False),
    place=Where(country="DE", subdivision="DE-TH"),
)
RESALE = replace(
    PURCHASE,
    kind=HistoryKind.RESALE,
    at=NOW,
    pass_id=SECOND,
    old_pass_id=FIRST,
    from_account=ANN.account_id,
    to_account=BEN.account_id,
    price=Money(10_001, "EUR"),
    components=None,
    verdict_id=VerdictId(UUID(int=99)),
)


async def sold_on(shop: Shop) -> None:
    shop.world.issue(FIRST, ANN.account_id, void=True)
    shop.world.issue(SECOND, BEN.account_id, lineage_id=FIRST)
    async with shop.world.transactions.begin(TENANT) as tx:
        await tx.history.append(PURCHASE)
        await tx.history.append(RESALE)


async def test_the_holder_reads_the_history_without_other_peoples_accounts_and_staff_with_them(shop: Shop) -> None:
    await sold_on(shop)
    path = f"/passes/{SECOND}/history"
    staff = (await shop.ask("GET", path, caller=shop.world.staff(Role.BOX_OFFICE))).json()
    assert (staff["intact"], staff["brokenAt"]) == (True, None)
    purchase, resale = staff["items"]
    assert (purchase["kind"], purchase["fromAccountId"], purchase["toAccountId"]) == (
        "purchase",
        None,
        str(ANN.account_id),
    )
    assert purchase["components"]["face"] == {"amount": 5_000, "currency": "EUR"}
    assert (resale["passId"], resale["oldPassId"], resale["prevHash"]) == (str(SECOND), str(FIRST), purchase["hash"])
    assert (resale["price"]["amount"], resale["verdictId"], resale["country"]) == (10_001, str(UUID(int=99)), "DE")
    holder = (await shop.ask("GET", path, caller=BEN)).json()
    assert [(entry["fromAccountId"], entry["toAccountId"]) for entry in holder["items"]] == [
        (None, None),
        (None, str(BEN.account_id)),
    ]
    assert [entry["hash"] for entry in holder["items"]] == [entry["hash"] for entry in staff["items"]]


async def test_to_everybody_else_a_pass_has_no_history(shop: Shop) -> None:
    await sold_on(shop)
    not_found = (404, "resale.history_not_found")
    for caller in (ANN, CAT, shop.world.staff(Role.SCANNER), shop.world.staff(tenant_id=OTHER_TENANT)):
        for pass_id in (FIRST, SECOND):
            assert problem(await shop.ask("GET", f"/passes/{pass_id}/history", caller=caller)) == not_found
    assert problem(await shop.ask("GET", f"/passes/{FIRST}/history", caller=BEN)) == not_found
    assert problem(await shop.ask("GET", f"/passes/{uuid4()}/history")) == not_found
    assert (await shop.ask("GET", f"/passes/{FIRST}/history")).status_code == 200


async def test_a_pass_that_was_never_offered_tells_its_purchase_as_it_will_be_written(shop: Shop) -> None:
    facts = shop.world.issue(FIRST, ANN.account_id)
    told = (await shop.ask("GET", f"/passes/{FIRST}/history", caller=ANN)).json()
    assert [entry["kind"] for entry in told["items"]] == ["purchase"]
    async with shop.world.transactions.begin(TENANT) as tx:
        await begun(tx.history, purchase_of(facts, place=Where(country="DE", subdivision="DE-TH")))
    assert (await shop.ask("GET", f"/passes/{FIRST}/history", caller=ANN)).json() == told


async def test_a_score_is_explained_to_staff_of_the_organisation(shop: Shop) -> None:
    await sold_on(shop)
    path = f"/resale/sellers/{ANN.account_id}/score"
    found = (await shop.ask("GET", path, caller=shop.world.staff(Role.BOX_OFFICE))).json()
    assert (found["points"], found["needsReview"], found["requires"]) == (25, False, [])
    assert {factor["kind"]: (factor["value"], factor["points"]) for factor in found["factors"]} == {
        "bulk_buying": (1, 0),
        "resales": (1, 0),
        "markup": (10_002, 25),
        "flips": (1, 0),
    }
    assert (await shop.ask("GET", path, caller=shop.world.staff(tenant_id=OTHER_TENANT))).json()["points"] == 0
    assert problem(await shop.ask("GET", path, caller=ANN)) == (403, "access.forbidden")

"""Scans at the gate: the first one admits, every one is recorded, and what was seen offline is reconciled later."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from core.admission.errors import ScanConflictError
from core.admission.offers import OfferKind
from core.admission.passes import Pass
from core.admission.scans import Scan, ScanAttempt, ScanDirection, ScanRefusal
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, ScanId, TicketId
from ports.paging import PageRequest
from ports.published.admission import PassesStopped, PassNotReissued
from tests.admission_builders import KICK_OFF, Gatehouse, Sale, resale_of
from usecases.admission.scanning import ScanAnswer

GATE = "North 3"
END = KICK_OFF + timedelta(hours=2)
SECOND = timedelta(seconds=1)


@pytest.fixture
def gate() -> Gatehouse:
    return Gatehouse()


async def sold(gate: Gatehouse, sale: Sale) -> tuple[Pass, str]:
    """Sell one pass, open the doors, and return it with its code."""
    await gate.issue(sale.completed, sale.delivery())
    [shown, *_] = await gate.of_order(sale.buyer, sale.order_id)
    gate.clock.moment = KICK_OFF - timedelta(hours=1)
    assert shown.code is not None
    return shown.admission, shown.code


async def scans(gate: Gatehouse, sale: Sale) -> list[Scan]:
    async with gate.admission.begin(sale.tenant_id) as tx:
        return list(await tx.scans.of_order(sale.order_id, scans_max=100))


async def reason(gate: Gatehouse, caller: Caller, code: str) -> ScanRefusal | None:
    answer = await gate.scan(caller, code, gate=GATE)
    assert answer.scan.admitted == (answer.scan.reason is None)
    return answer.scan.reason


async def test_the_first_scan_admits_and_the_second_hears_when_and_where(gate: Gatehouse) -> None:
    sale, scanner = Sale(), Sale().staff(Role.SCANNER)
    scanner = replace(scanner, tenant_id=sale.tenant_id)
    found, code = await sold(gate, sale)

    first = await gate.scan(scanner, code, gate=GATE, device="handheld 7")
    gate.clock.moment += timedelta(minutes=1)
    second = await gate.scan(scanner, code, gate="South 1")

    assert (first.scan.admitted, first.scan.reason, first.scan.scanned_by) == (True, None, scanner.account_id)
    assert first.admission is not None and first.admission.id == found.id
    assert (second.scan.admitted, second.scan.reason) == (False, ScanRefusal.ALREADY_ADMITTED)
    assert second.earlier == first.scan and second.scan.earlier_scan_id == first.scan.id
    now = (await gate.read(sale.staff(), found.id)).admission
    assert now.scanned_at == now.inside_since == KICK_OFF - timedelta(hours=1)
    assert await scans(gate, sale) == [first.scan, second.scan]


async def test_who_went_out_may_come_in_again_and_nobody_goes_out_twice(gate: Gatehouse) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    reasons: list[ScanRefusal | None] = []
    for direction in ("out", "in", "out", "out", "in", "in"):
        gate.clock.moment += SECOND
        answer = await gate.scan(sale.staff(), code, gate=GATE, direction=ScanDirection(direction))
        reasons.append(answer.scan.reason)
    not_inside, already = ScanRefusal.NOT_INSIDE, ScanRefusal.ALREADY_ADMITTED
    assert reasons == [not_inside, None, None, not_inside, None, already]
    recorded = await scans(gate, sale)
    assert recorded[-1].earlier_scan_id == recorded[-2].id


async def test_only_staff_may_scan(gate: Gatehouse) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    with pytest.raises(ForbiddenError):
        await gate.scan(sale.buyer, code, gate=GATE)
    with pytest.raises(ForbiddenError):
        await gate.reconcile(sale.buyer, [])
    with pytest.raises(ForbiddenError):
        await gate.manifest(sale.buyer, sale.ticket_id, PageRequest())
    for role in Role:
        assert (await gate.scan(sale.staff(role), code, gate=GATE)).admission is not None


async def test_a_code_that_is_none_is_recorded_by_its_hash_alone(gate: Gatehouse) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    altered = code[:40] + ("A" if code[40] != "A" else "B") + code[41:]
    for text in (altered, "FS1.", "https://example.org/", "\N{WINDOW}" * 150, code.lower()):
        answer = await gate.scan(sale.staff(), text, gate=GATE)
        assert answer.scan.reason in {ScanRefusal.INVALID_CODE, ScanRefusal.UNKNOWN_EVENT}
        assert (answer.admission, answer.scan.pass_id, answer.scan.revision) == (None, None, None)
        assert len(answer.scan.code_hash) == 32
        async with gate.admission.begin(sale.tenant_id) as tx:
            assert await tx.scans.get(answer.scan.id) == answer.scan
    other = Sale()
    assert await reason(gate, other.staff(), code) is ScanRefusal.UNKNOWN_EVENT
    assert await reason(gate, sale.staff(), code) is None


async def test_a_gate_for_one_event_refuses_the_passes_of_others(gate: Gatehouse) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    wrong = await gate.scan(sale.staff(), code, gate=GATE, ticket_id=TicketId(uuid7()))
    right = await gate.scan(sale.staff(), code, gate=GATE, ticket_id=sale.ticket_id)
    assert (wrong.scan.reason, right.scan.reason) == (ScanRefusal.WRONG_EVENT, None)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (KICK_OFF - timedelta(hours=4) - SECOND, ScanRefusal.NOT_YET_OPEN),
        (KICK_OFF - timedelta(hours=4), None),
        (END - SECOND, None),
        (END, ScanRefusal.EVENT_OVER),
    ],
)
async def test_the_doors_are_open_for_a_time(gate: Gatehouse, at: datetime, expected: ScanRefusal | None) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    gate.clock.moment = at
    assert await reason(gate, sale.staff(), code) is expected


async def test_what_stopped_a_pass_is_said_at_the_gate(gate: Gatehouse) -> None:
    sale, friend, listing = Sale(seats=4), AccountId(uuid7()), uuid7()
    await sold(gate, sale)
    shown = await gate.of_order(sale.buyer, sale.order_id)
    returned, given, resold, offered = (each.admission for each in shown)
    codes = [each.code or "" for each in shown]
    await gate.void_on_returned(sale.returned((returned.order_item_id, 1)), sale.delivery())
    for each in (given, resold, offered):
        await gate.offer(sale.tenant_id, each.id, by=sale.account_id, offer_id=listing, kind=OfferKind.LISTING)
    await gate.hand_over(sale.tenant_id, given.id, offer_id=listing, to=friend, holder_name="Ada L.")
    [old] = [
        each.admission for each in await gate.of_order(sale.buyer, sale.order_id) if each.admission.id == resold.id
    ]
    resale = resale_of(old, listing, tenant_id=sale.tenant_id)
    await gate.issue(resale.completed, resale.delivery())

    reasons = [await reason(gate, sale.staff(), code) for code in codes]

    assert reasons == [ScanRefusal.VOID, ScanRefusal.SUPERSEDED_CODE, ScanRefusal.RESOLD, ScanRefusal.OFFERED]
    for caller, pass_id in ((Caller(friend, sale.tenant_id), given.id), (resale.buyer, None)):
        [new] = (await gate.mine(caller, PageRequest(), None)).items
        assert pass_id in {None, new.admission.id}
        assert await reason(gate, sale.staff(), new.code or "") is None
    await gate.freeze(sale.disputed(), sale.delivery())
    assert await reason(gate, sale.staff(), codes[3]) is ScanRefusal.FROZEN
    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    assert await reason(gate, sale.staff(), codes[3]) is ScanRefusal.REFUNDED


async def test_the_same_scan_again_answers_the_same_and_its_id_is_good_for_nothing_else(gate: Gatehouse) -> None:
    sale, scan_id = Sale(), ScanId(uuid7())
    _, code = await sold(gate, sale)
    first = await gate.scan(sale.staff(), code, gate=GATE, scan_id=scan_id)
    gate.clock.moment += SECOND
    again = await gate.scan(sale.staff(), code, gate=GATE, scan_id=scan_id)
    assert again.scan == first.scan and again.scan.admitted
    refused = await gate.scan(sale.staff(), code, gate=GATE)
    replayed = await gate.scan(sale.staff(), code, gate=GATE, scan_id=refused.scan.id)
    assert (replayed.scan, replayed.earlier) == (refused.scan, first.scan)
    for changed in ({"gate": "South 1"}, {"direction": ScanDirection.OUT}, {"code": "FS1.other"}):
        arguments = {"code": code, "gate": GATE, "scan_id": scan_id} | changed
        with pytest.raises(ScanConflictError):
            await gate.scan(sale.staff(), **arguments)  # type: ignore[arg-type]  # of several types
    assert len(await scans(gate, sale)) == 2


def offline(
    code: str, at: datetime, *, number: int = 1, direction: str = "in", let_through: bool = True, gate: str = GATE
) -> ScanAttempt:
    return ScanAttempt(
        id=ScanId(UUID(int=number)),
        code=code,
        gate=gate,
        device=None,
        direction=ScanDirection(direction),
        ticket_id=None,
        scanned_at=at,
        let_through=let_through,
    )


async def reconciled(gate: Gatehouse, sale: Sale, *attempts: ScanAttempt) -> list[ScanAnswer]:
    answers = await gate.reconcile(sale.staff(), attempts)
    found = [answers[each.id] for each in attempts]
    return [each for each in found if isinstance(each, ScanAnswer)]


async def test_offline_scans_are_taken_in_the_order_they_were_made_in(gate: Gatehouse) -> None:
    sale = Sale()
    found, code = await sold(gate, sale)
    at = gate.clock.now()
    gate.clock.moment += timedelta(hours=1)
    attempts = (
        offline(code, at + 3 * SECOND, number=3),
        offline(code, at, number=1),
        offline(code, at + 2 * SECOND, number=2, direction="out"),
    )
    for _ in range(2):
        answers = await reconciled(gate, sale, *attempts)
        assert [(each.conflict, each.scan.reason) for each in answers] == [(False, None)] * 3
    now = (await gate.read(sale.staff(), found.id)).admission
    assert (now.scanned_at, now.inside_since) == (at, at + 3 * SECOND)
    assert await reason(gate, sale.staff(), code) is ScanRefusal.ALREADY_ADMITTED


@pytest.mark.parametrize("first", ["online", "offline"])
async def test_of_two_that_were_let_in_with_one_pass_the_earlier_was_in_the_right(gate: Gatehouse, first: str) -> None:
    sale = Sale()
    found, code = await sold(gate, sale)
    online = await gate.scan(sale.staff(), code, gate="South 1")
    at = gate.clock.now()
    gate.clock.moment += timedelta(hours=1)
    seen_at = at + SECOND if first == "online" else at - SECOND

    [answer] = await reconciled(gate, sale, offline(code, seen_at))

    assert answer.conflict and answer.scan.reason is ScanRefusal.ALREADY_ADMITTED
    assert answer.earlier == online.scan
    assert answer.rightful == (online.scan if first == "online" else answer.scan)
    now = (await gate.read(sale.staff(), found.id)).admission
    assert now.scanned_at == now.inside_since == min(at, seen_at)


async def test_what_happened_after_an_offline_scan_does_not_speak_against_it(gate: Gatehouse) -> None:
    sale = Sale()
    found, code = await sold(gate, sale)
    at = gate.clock.now()
    gate.clock.moment += SECOND
    await gate.freeze(sale.disputed(), sale.delivery())
    gate.clock.moment += SECOND
    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    before, after = await reconciled(
        gate, sale, offline(code, at, number=1), offline(code, gate.clock.now(), number=2, gate="South 1")
    )
    assert (before.conflict, before.scan.admitted, before.scan.reason) == (False, True, None)
    assert (after.conflict, after.scan.reason) == (True, ScanRefusal.REFUNDED)
    assert (await gate.read(sale.staff(), found.id)).admission.scanned_at == at


@pytest.mark.parametrize("how", ["given", "sold"])
async def test_whoever_went_in_offline_before_the_pass_was_somebody_elses_is_a_conflict(
    gate: Gatehouse, how: str
) -> None:
    sale, offer_id, friend = Sale(seats=1), uuid7(), AccountId(uuid7())
    found, code = await sold(gate, sale)
    at = gate.clock.now()
    gate.clock.moment += timedelta(minutes=1)
    await gate.offer(sale.tenant_id, found.id, by=sale.account_id, offer_id=offer_id, kind=OfferKind.LISTING)
    if how == "given":
        await gate.hand_over(sale.tenant_id, found.id, offer_id=offer_id, to=friend, holder_name=None)
    else:
        resale = resale_of(found, offer_id, tenant_id=sale.tenant_id)
        await gate.issue(resale.completed, resale.delivery())
        friend = resale.account_id

    [answer] = await reconciled(gate, sale, offline(code, at))

    expected = ScanRefusal.SUPERSEDED_CODE if how == "given" else ScanRefusal.RESOLD
    assert (answer.conflict, answer.scan.admitted, answer.scan.reason) == (True, True, expected)
    [theirs] = (await gate.mine(Caller(friend, sale.tenant_id), PageRequest(), None)).items
    assert await reason(gate, sale.staff(), theirs.code or "") is None


@pytest.mark.parametrize("ago", [SECOND, -SECOND])
async def test_a_pass_that_somebody_went_in_with_offline_is_offered_no_more(gate: Gatehouse, ago: timedelta) -> None:
    sale, listing = Sale(), uuid7()
    found, code = await sold(gate, sale)
    offered_at = gate.clock.now()
    old = await gate.offer(sale.tenant_id, found.id, by=sale.account_id, offer_id=listing, kind=OfferKind.LISTING)
    gate.clock.moment += timedelta(minutes=1)

    [answer] = await reconciled(gate, sale, offline(code, offered_at - ago))

    assert answer.scan.reason is (ScanRefusal.OFFERED if ago < timedelta(0) else None)
    assert answer.admission is not None and answer.admission.offer is None
    stopped = [each.decode(PassesStopped) for each in gate.messages.events if each.type == PassesStopped.event_type]
    assert stopped == [PassesStopped(pass_ids=(found.id,), reason="scanned", over=True)]
    resale = resale_of(old, listing, tenant_id=sale.tenant_id)
    await gate.issue(resale.completed, resale.delivery())
    assert gate.messages.events[-1].type == PassNotReissued.event_type


async def test_what_a_scanner_refused_offline_is_kept_and_uses_nothing(gate: Gatehouse) -> None:
    sale = Sale()
    found, code = await sold(gate, sale)
    refused, none = await reconciled(
        gate,
        sale,
        offline(code, gate.clock.now(), let_through=False),
        offline("FS1.", gate.clock.now(), number=2, let_through=True),
    )
    assert (refused.scan.admitted, refused.scan.reason) == (False, ScanRefusal.REFUSED_AT_GATE)
    assert (none.scan.admitted, none.scan.reason, none.conflict) == (True, ScanRefusal.INVALID_CODE, True)
    assert (await gate.read(sale.staff(), found.id)).admission.scanned_at is None


async def test_a_clock_that_is_ahead_is_put_back_and_an_id_of_another_scan_is_named(gate: Gatehouse) -> None:
    sale = Sale()
    _, code = await sold(gate, sale)
    [answer] = await reconciled(gate, sale, offline(code, gate.clock.now() + timedelta(days=1)))
    assert answer.scan.scanned_at == gate.clock.now() and answer.scan.reason is None
    answers = await gate.reconcile(sale.staff(), [offline(code, gate.clock.now(), gate="South 1")])
    assert [type(each) for each in answers.values()] == [ScanConflictError]


async def test_the_manifest_has_every_pass_of_the_event_with_its_revision(gate: Gatehouse) -> None:
    sale = Sale(seats=3)
    _, code = await sold(gate, sale)
    await gate.scan(sale.staff(), code, gate=GATE)
    first = await gate.manifest(sale.staff(), sale.ticket_id, PageRequest(limit=2))
    rest = await gate.manifest(sale.staff(), sale.ticket_id, PageRequest(limit=2, after=first.next_after))
    listed = [*first.items, *rest.items]
    assert listed == [each.admission for each in await gate.of_order(sale.staff(), sale.order_id)]
    assert [each.inside_since is None for each in listed] == [False, True, True] and rest.next_after is None
    assert (await gate.manifest(Sale().staff(), sale.ticket_id, PageRequest())).items == ()

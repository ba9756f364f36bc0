"""What every AdmissionTransactions promises of scans: recorded for good, and one that admits."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.messaging import MemoryMessages
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.admission.offers import OfferKind
from core.admission.passes import Pass, PassStatus
from core.admission.scans import Scan, ScanAttempt, ScanDirection, ScanRefusal
from core.shared.errors import DomainError
from core.shared.ids import AccountId, PassId, ScanId, TenantId, TicketId
from ports.admission import AdmissionTransactions
from ports.paging import PageRequest
from tests.admission_builders import KICK_OFF, NOON, Gatehouse, Sale, a_pass
from tests.servers import PostgresServer

OURS = TenantId(uuid7())
THEIRS = TenantId(uuid7())
LATER = NOON + timedelta(hours=1)
STEPS = int(os.environ.get("FAIRSEAT_TEST_PASS_STEPS", "120"))


@pytest.fixture(params=["memory", "postgres"])
async def admission(request: pytest.FixtureRequest) -> AsyncIterator[AdmissionTransactions]:
    if request.param == "memory":
        yield MemoryAdmissionTransactions(MemoryMessages(ids=Uuid7Source()))
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("admission_db")
    pool = await open_pool(database.app_url, connections_max=10)
    yield PostgresAdmissionTransactions(pool, Uuid7Source())
    await pool.close()


def a_scan(found: Pass | None = None, *, admitted: bool = True) -> Scan:
    return Scan(
        id=ScanId(uuid7()),
        code_hash=bytes(32),
        pass_id=found.id if found else None,
        revision=found.revision if found else None,
        gate="North 3",
        device=None,
        direction=ScanDirection.IN,
        scanned_by=AccountId(uuid7()),
        scanned_at=NOON,
        recorded_at=LATER,
        offline=False,
        admitted=admitted,
        reason=None if admitted else ScanRefusal.INVALID_CODE,
    )


async def test_a_scan_is_kept_once_and_read_back_equal_in_every_member(admission: AdmissionTransactions) -> None:
    known, unknown = a_scan(a_pass()), a_scan(admitted=False)
    conflict = replace(
        known, id=ScanId(uuid7()), offline=True, device="7", reason=ScanRefusal.OFFERED, earlier_scan_id=known.id
    )
    async with admission.begin(OURS) as tx:
        for each in (known, unknown, conflict):
            assert await tx.scans.add(each)
    async with admission.begin(OURS) as tx:
        assert not await tx.scans.add(replace(known, gate="South 1"))
        for each in (known, unknown, conflict):
            assert await tx.scans.get(each.id) == each
        assert await tx.scans.get(ScanId(uuid7())) is None
    async with admission.begin(THEIRS) as tx:
        assert await tx.scans.get(known.id) is None


async def test_the_scans_of_an_order_come_as_they_were_made_and_the_way_in_is_found(
    admission: AdmissionTransactions,
) -> None:
    first, other = a_pass(), a_pass()
    refused = replace(a_scan(first, admitted=False), scanned_at=NOON + timedelta(seconds=1))
    came_in = replace(a_scan(first), scanned_at=NOON + timedelta(seconds=2))
    went_out = replace(a_scan(first), scanned_at=NOON + timedelta(seconds=3), direction=ScanDirection.OUT)
    again = replace(a_scan(first), scanned_at=NOON + timedelta(seconds=4))
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([first, other])
        for each in (again, went_out, came_in, refused, a_scan(other), a_scan(admitted=False)):
            await tx.scans.add(each)
    async with admission.begin(OURS) as tx:
        made = [refused, came_in, went_out, again]
        assert list(await tx.scans.of_order(first.order_id, scans_max=9)) == made
        assert list(await tx.scans.of_order(first.order_id, scans_max=2)) == made[:2]
        assert await tx.scans.first_inside(first.id, since=NOON) == came_in
        assert await tx.scans.first_inside(first.id, since=went_out.scanned_at) == again
        assert await tx.scans.first_inside(first.id, since=LATER) is None
    async with admission.begin(THEIRS) as tx:
        assert list(await tx.scans.of_order(first.order_id, scans_max=9)) == []
        assert await tx.scans.first_inside(first.id, since=NOON) is None


async def test_the_passes_of_an_event_come_in_pages_and_a_key_is_found_by_its_id(
    admission: AdmissionTransactions,
) -> None:
    ticket_id = TicketId(uuid7())
    made = [a_pass(number=number, ticket_id=ticket_id) for number in range(3)]
    key = Gatehouse(admission).signer.new_key(OURS, ticket_id, at=NOON)
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([*made, a_pass()])
        await tx.keys.add_first(key)
    async with admission.begin(OURS) as tx:
        first = await tx.passes.of_ticket(PageRequest(limit=2), ticket_id)
        rest = await tx.passes.of_ticket(PageRequest(limit=2, after=first.next_after), ticket_id)
        assert [*first.items, *rest.items] == made and rest.next_after is None
        assert await tx.keys.get(key.key_id) == key
        assert await tx.keys.get(bytes(8)) is None
    async with admission.begin(THEIRS) as tx:
        assert (await tx.passes.of_ticket(PageRequest(), ticket_id)).items == ()
        assert await tx.keys.get(key.key_id) is None


async def test_of_fifty_scans_of_one_code_at_once_exactly_one_admits(admission: AdmissionTransactions) -> None:
    gate, sale = Gatehouse(admission), Sale(seats=1)
    await gate.issue(sale.completed, sale.delivery())
    [shown] = await gate.of_order(sale.buyer, sale.order_id)
    gate.clock.moment = KICK_OFF
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(gate.scan(sale.staff(), shown.code or "", gate=f"gate {number}") for number in range(50))
        )
    [admitted] = [each for each in answers if each.scan.admitted]
    assert {each.scan.reason for each in answers} == {None, ScanRefusal.ALREADY_ADMITTED}
    assert {each.earlier for each in answers} == {None, admitted.scan}
    assert len(await gate.api.scans_of_order(tenant_id=sale.tenant_id, order_id=sale.order_id)) == 50


async def test_of_one_scan_that_is_sent_many_times_at_once_all_hear_the_same(admission: AdmissionTransactions) -> None:
    gate, sale, scan_id = Gatehouse(admission), Sale(seats=1), ScanId(uuid7())
    await gate.issue(sale.completed, sale.delivery())
    [shown] = await gate.of_order(sale.buyer, sale.order_id)
    gate.clock.moment = KICK_OFF
    scanner = sale.staff()
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(gate.scan(scanner, shown.code or "", gate="North 3", scan_id=scan_id) for _ in range(10))
        )
    assert {each.scan for each in answers} == {answers[0].scan} and answers[0].scan.admitted


async def test_a_scan_and_an_offer_at_once_leave_a_pass_that_is_used_or_offered(
    admission: AdmissionTransactions,
) -> None:
    gate, sale = Gatehouse(admission), Sale(seats=8)
    await gate.issue(sale.completed, sale.delivery())
    shown = await gate.of_order(sale.buyer, sale.order_id)
    gate.clock.moment = KICK_OFF

    async def offer(pass_id: PassId) -> None:
        try:
            await gate.offer(sale.tenant_id, pass_id, by=sale.account_id, offer_id=uuid7(), kind=OfferKind.LISTING)
        except DomainError:
            return

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(gate.scan(sale.staff(), each.code or "", gate="North 3") for each in shown),
            *(offer(each.admission.id) for each in shown),
        )
    for each in await gate.of_order(sale.buyer, sale.order_id):
        assert (each.admission.scanned_at is None) == (each.admission.offer is not None)


class Story:
    """What somebody random does to the passes of one order; after each step the promises are looked at."""

    def __init__(self, gate: Gatehouse, sale: Sale, codes: dict[PassId, str]) -> None:
        self.gate, self.sale = gate, sale
        self.codes = {pass_id: [code] for pass_id, code in codes.items()}
        self.offers: dict[PassId, UUID] = {}
        self.holders = dict.fromkeys(codes, sale.account_id)

    async def step(self, chance: random.Random) -> None:
        gate, sale, pass_id = self.gate, self.sale, chance.choice(list(self.codes))
        gate.clock.moment += timedelta(seconds=1)
        before = (await gate.read(sale.staff(), pass_id)).admission
        try:
            match chance.choice(["offer", "withdraw", "hand over", "scan", "out", "offline", "scan", "offer", "void"]):
                case "offer":
                    offer_id = uuid7()
                    await gate.offer(
                        sale.tenant_id, pass_id, by=before.account_id, offer_id=offer_id, kind=OfferKind.TRANSFER
                    )
                    assert before.scanned_at is None
                    self.offers[pass_id] = offer_id
                case "withdraw":
                    await gate.withdraw(sale.tenant_id, pass_id, offer_id=self.offers.get(pass_id, uuid7()))
                case "hand over":
                    offer_id = self.offers.get(pass_id, uuid7())
                    to = AccountId(uuid7())
                    given = await gate.hand_over(sale.tenant_id, pass_id, offer_id=offer_id, to=to, holder_name=None)
                    assert given.scanned_at is None and given.revision == before.revision + 1
                    self.codes[pass_id].append((await gate.read(sale.staff(), pass_id)).code or "")
                case "void" if chance.random() < 0.2:
                    units = [(before.order_item_id, before.unit)]
                    await gate.void_on_returned(sale.returned(*units), sale.delivery())
                case "offline":
                    await self._offline(chance, pass_id)
                case "out":
                    code = chance.choice(self.codes[pass_id])
                    await gate.scan(sale.staff(), code, gate="out", direction=ScanDirection.OUT)
                case _:
                    answer = await gate.scan(sale.staff(), chance.choice(self.codes[pass_id]), gate="in")
                    may = before.status is PassStatus.VALID and before.offer is None and before.inside_since is None
                    assert answer.scan.admitted == (may and answer.scan.revision == before.revision)
        except DomainError:
            assert (await gate.read(sale.staff(), pass_id)).admission == before

    async def _offline(self, chance: random.Random, pass_id: PassId) -> None:
        attempt = ScanAttempt(
            id=ScanId(uuid7()),
            code=chance.choice(self.codes[pass_id]),
            gate="offline",
            device=None,
            direction=ScanDirection.IN,
            ticket_id=None,
            scanned_at=self.gate.clock.now() - timedelta(seconds=chance.randrange(30)),
            let_through=chance.random() < 0.5,
        )
        await self.gate.reconcile(self.sale.staff(), [attempt])

    async def promises(self) -> None:
        for each in await self.gate.of_order(self.sale.staff(), self.sale.order_id):
            found = each.admission
            assert found.offer is None or (found.scanned_at is None and each.code is None)
            assert found.inside_since is None or found.scanned_at is not None


@pytest.mark.parametrize("seed", range(3))
async def test_an_offered_pass_never_admits_and_a_scanned_one_is_never_offered(
    admission: AdmissionTransactions, seed: int
) -> None:
    gate, sale = Gatehouse(admission), Sale(seats=4)
    await gate.issue(sale.completed, sale.delivery())
    codes = {each.admission.id: each.code or "" for each in await gate.of_order(sale.buyer, sale.order_id)}
    gate.clock.moment = KICK_OFF - timedelta(hours=1)
    story, chance = Story(gate, sale, codes), random.Random(seed)
    for _ in range(STEPS):
        await story.step(chance)
        await story.promises()

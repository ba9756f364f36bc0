"""What every AdmissionTransactions promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.messaging import MemoryMessages
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from adapters.system.pass_signing import SealedPassSigner
from core.admission.disputes import DisputeStanding, OrderDispute
from core.admission.passes import OrderStanding, PassStatus
from core.shared.ids import AccountId, DisputeId, OrderId, OrderItemId, PassId, TenantId, TicketId
from ports.admission import AdmissionTransactions
from ports.events import Delivery
from ports.stores import StoreUnavailableError
from tests.admission_builders import NOON, SECRET, Gatehouse, Sale, a_pass
from tests.servers import PostgresServer

OURS = TenantId(uuid7())
THEIRS = TenantId(uuid7())
LATER = NOON + timedelta(hours=1)
SIGNER = SealedPassSigner(SECRET)


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


async def test_a_pass_is_read_back_equal_in_every_member(admission: AdmissionTransactions) -> None:
    valid = replace(a_pass(), issued_at=NOON + timedelta(microseconds=1), revision=65_535)
    void = replace(valid, id=PassId(uuid7()), order_item_id=OrderItemId(uuid7())).voided(at=LATER)
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([valid, void])

    async with admission.begin(OURS) as tx:
        assert await tx.passes.get(valid.id) == valid
        assert await tx.passes.get(void.id) == void
        assert await tx.passes.get(PassId(uuid7())) is None


async def test_an_order_item_gets_one_pass_for_good(admission: AdmissionTransactions) -> None:
    first, second, third = (a_pass(number=number) for number in (1, 2, 3))
    again = replace(second, id=PassId(uuid7()))
    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.add_missing([second])) == [second.id]

    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.add_missing([first, again, third])) == [first.id, third.id]
        assert await tx.passes.get(again.id) is None
        assert await tx.passes.get(second.id) == second
        assert list(await tx.passes.add_missing([])) == []


async def test_each_unit_of_an_order_item_gets_one_pass_and_none_of_them_a_seat(
    admission: AdmissionTransactions,
) -> None:
    first = replace(a_pass(), seat=None)
    second = replace(first, id=PassId(uuid7()), unit=2)
    again = replace(second, id=PassId(uuid7()))
    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.add_missing([first, second])) == [first.id, second.id]

    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.add_missing([again])) == []
        assert list(await tx.passes.of_order(first.order_id)) == [first, second]


async def test_sales_of_the_same_new_events_at_once_wait_for_one_another(admission: AdmissionTransactions) -> None:
    gate, first = Gatehouse(admission), Sale(seats=1, places=1)
    sales = [first] + [
        Sale(1, 1, tenant_id=first.tenant_id, ticket_id=first.standing_id, standing_id=first.ticket_id)
        for _ in range(7)
    ]

    async with asyncio.timeout(30):
        await asyncio.gather(*(gate.issue(sale.completed, sale.delivery()) for sale in sales))

    assert len(await gate.public_keys(first.buyer)) == 2


async def test_the_passes_of_an_order_come_in_the_order_they_were_issued_in(admission: AdmissionTransactions) -> None:
    order_id = OrderId(uuid7())
    made = [a_pass(number=number, order_id=order_id) for number in range(4)]
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([*reversed(made), a_pass()])

    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.of_order(order_id)) == made
        assert list(await tx.passes.of_order(OrderId(uuid7()))) == []


async def test_voiding_an_order_ends_its_passes_once(admission: AdmissionTransactions) -> None:
    order_id = OrderId(uuid7())
    valid, frozen, other = a_pass(order_id=order_id), a_pass(order_id=order_id), a_pass()
    frozen = frozen.frozen(at=NOON, reason="disputed")
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([valid, frozen, other])

    async with admission.begin(OURS) as tx:
        assert await tx.passes.void_order(order_id, at=NOON) == [valid.id, frozen.id]
    async with admission.begin(OURS) as tx:
        assert await tx.passes.void_order(order_id, at=LATER) == []
        assert list(await tx.passes.of_order(order_id)) == [valid.voided(at=NOON), frozen.voided(at=NOON)]
        assert await tx.passes.get(other.id) == other


async def test_single_units_end_once_and_are_remembered(admission: AdmissionTransactions) -> None:
    tenant_id, order_id, item = TenantId(uuid7()), OrderId(uuid7()), OrderItemId(uuid7())
    first, second = (replace(a_pass(order_id=order_id), order_item_id=item, seat=None, unit=unit) for unit in (1, 2))
    async with admission.begin(tenant_id) as tx:
        await tx.passes.add_missing([first, second])
        units = [(item, 2), (item, 3)]
        assert await tx.passes.void_units(order_id, units, reason="duplicate", at=NOON) == [second.id]
        assert await tx.passes.void_units(order_id, units, reason="fraud", at=LATER) == []
        assert await tx.passes.void_units(OrderId(uuid7()), [(item, 1)], reason="fraud", at=LATER) == []
        assert await tx.passes.returned(order_id) == {(item, 2), (item, 3)}
        assert list(await tx.passes.of_order(order_id)) == [first, second.voided(at=NOON, reason="duplicate")]
    async with admission.begin(TenantId(uuid7())) as tx:
        assert await tx.passes.returned(order_id) == frozenset()
        assert await tx.passes.void_units(order_id, [(item, 1)], reason="fraud", at=LATER) == []


async def test_what_is_heard_of_an_order_adds_up_in_any_order(admission: AdmissionTransactions) -> None:
    order_id, account_id = OrderId(uuid7()), AccountId(uuid7())
    async with admission.begin(OURS) as tx:
        assert await tx.orders.get(order_id) is None
        assert await tx.orders.note(order_id, refunded_at=NOON) == OrderStanding(order_id, None, NOON)
        assert await tx.orders.note(order_id, account_id=account_id) == OrderStanding(order_id, account_id, NOON)
        await tx.orders.note(order_id, account_id=AccountId(uuid7()), refunded_at=LATER)

    async with admission.begin(OURS) as tx:
        assert await tx.orders.get(order_id) == OrderStanding(order_id, account_id, NOON)


async def test_news_of_one_order_take_turns(admission: AdmissionTransactions) -> None:
    order_id = OrderId(uuid7())
    noted = asyncio.Event()
    seen: list[OrderStanding] = []

    async def first() -> None:
        async with admission.begin(OURS) as tx:
            await tx.orders.note(order_id, refunded_at=NOON)
            noted.set()
            await asyncio.sleep(0.2)

    async def second() -> None:
        await noted.wait()
        async with admission.begin(OURS) as tx:
            seen.append(await tx.orders.note(order_id, account_id=AccountId(uuid7())))

    await asyncio.gather(first(), second())

    assert [standing.refunded_at for standing in seen] == [NOON]


async def test_an_event_keeps_its_first_key(admission: AdmissionTransactions) -> None:
    ticket_id = TicketId(uuid7())
    first, second = (SIGNER.new_key(OURS, ticket_id, at=NOON) for _ in range(2))
    async with admission.begin(OURS) as tx:
        assert await tx.keys.of_ticket(ticket_id) is None
        assert await tx.keys.add_first(first) == first
    async with admission.begin(OURS) as tx:
        assert await tx.keys.add_first(second) == first
        assert await tx.keys.of_ticket(ticket_id) == first
        assert list(await tx.keys.of_tickets([ticket_id, TicketId(uuid7())])) == [first]


async def test_of_many_who_make_the_key_of_an_event_at_once_all_use_the_same(admission: AdmissionTransactions) -> None:
    ticket_id = TicketId(uuid7())

    async def make() -> bytes:
        async with admission.begin(OURS) as tx:
            return (await tx.keys.add_first(SIGNER.new_key(OURS, ticket_id, at=NOON))).key_id

    assert len(set(await asyncio.gather(*(make() for _ in range(10))))) == 1


async def test_the_newest_keys_come_first(admission: AdmissionTransactions) -> None:
    keys = [SIGNER.new_key(OURS, TicketId(uuid7()), at=NOON + timedelta(seconds=number)) for number in range(3)]
    async with admission.begin(OURS) as tx:
        for key in keys:
            await tx.keys.add_first(key)

    async with admission.begin(OURS) as tx:
        assert list(await tx.keys.newest(keys_max=2)) == [keys[2], keys[1]]


async def test_another_tenant_reads_nothing_and_changes_nothing(admission: AdmissionTransactions) -> None:
    ours = a_pass()
    key = SIGNER.new_key(OURS, ours.event.ticket_id, at=NOON)
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([ours])
        await tx.orders.note(ours.order_id, account_id=ours.account_id)
        await tx.keys.add_first(key)

    async with admission.begin(THEIRS) as tx:
        assert await tx.passes.get(ours.id) is None
        assert list(await tx.passes.of_order(ours.order_id)) == []
        assert await tx.passes.void_order(ours.order_id, at=NOON) == []
        assert await tx.orders.get(ours.order_id) is None
        assert await tx.orders.note(ours.order_id, refunded_at=NOON) == OrderStanding(ours.order_id, None, NOON)
        assert await tx.keys.of_ticket(ours.event.ticket_id) is None
        assert list(await tx.keys.newest(keys_max=10)) == []

    async with admission.begin(OURS) as tx:
        assert await tx.passes.get(ours.id) == ours
        assert await tx.orders.get(ours.order_id) == OrderStanding(ours.order_id, ours.account_id)
        assert list(await tx.keys.newest(keys_max=10)) == [key]


async def test_what_a_failed_transaction_did_is_gone(admission: AdmissionTransactions) -> None:
    kept, lost, event_id = a_pass(), a_pass(), uuid7()
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([kept])

    with pytest.raises(OSError, match="lost"):
        async with admission.begin(OURS) as tx:
            await tx.passes.add_missing([lost])
            await tx.passes.void_order(kept.order_id, at=NOON)
            await tx.orders.note(lost.order_id, refunded_at=NOON)
            await tx.keys.add_first(SIGNER.new_key(OURS, lost.event.ticket_id, at=NOON))
            assert await tx.inbox.accept(event_id, consumer="admission.test", at=NOON)
            raise OSError("lost")

    async with admission.begin(OURS) as tx:
        assert await tx.passes.get(lost.id) is None
        assert await tx.passes.get(kept.id) == kept
        assert await tx.orders.get(lost.order_id) is None
        assert await tx.keys.of_ticket(lost.event.ticket_id) is None
        assert await tx.inbox.accept(event_id, consumer="admission.test", at=NOON)


async def test_a_sale_that_is_told_many_times_at_once_issues_its_passes_once(admission: AdmissionTransactions) -> None:
    gate, sale = Gatehouse(admission), Sale(seats=4, places=3)
    same = sale.delivery()

    await asyncio.gather(*(gate.issue(sale.completed, each) for each in (same, same, same, *other_news(sale))))

    shown = await gate.of_order(sale.buyer, sale.order_id)
    labels = [each.admission.seat.label if each.admission.seat else "" for each in shown]
    assert labels == ["A-1-1", "A-1-2", "A-1-3", "A-1-4", "", "", ""]
    keys = await gate.public_keys(sale.buyer)
    assert [gate.verify(each.code or "", keys).pass_id for each in shown] == [each.admission.id for each in shown]


async def test_a_sale_and_its_refund_at_the_same_moment_leave_no_valid_pass(admission: AdmissionTransactions) -> None:
    gate = Gatehouse(admission)
    sales = [Sale(seats=2) for _ in range(8)]

    await asyncio.gather(
        *(gate.issue(sale.completed, sale.delivery()) for sale in sales),
        *(gate.void_on_cancelled(sale.refunded, sale.delivery()) for sale in sales),
    )

    for sale in sales:
        shown = await gate.of_order(sale.buyer, sale.order_id)
        assert all(each.admission.status is PassStatus.VOID and each.code is None for each in shown)


async def test_a_database_that_is_away_is_told_as_such(unused_tcp_port: int) -> None:
    url = f"postgresql://nobody:x@127.0.0.1:{unused_tcp_port}/admission_db"

    with pytest.raises(StoreUnavailableError):
        await open_pool(url, connections_max=1)


def other_news(sale: Sale) -> list[Delivery]:
    return [sale.delivery() for _ in range(3)]


async def test_the_valid_passes_of_an_order_freeze_and_thaw_and_what_is_void_stays_void(
    admission: AdmissionTransactions,
) -> None:
    valid = a_pass()
    order_id = valid.order_id
    void = replace(a_pass(number=2, order_id=order_id)).voided(at=NOON)
    another = a_pass()
    async with admission.begin(OURS) as tx:
        await tx.passes.add_missing([valid, void, another])
    async with admission.begin(OURS) as tx:
        assert await tx.passes.freeze_order(order_id, reason="disputed", at=LATER) == [valid.id]
        assert await tx.passes.freeze_order(order_id, reason="disputed", at=LATER) == []
    async with admission.begin(OURS) as tx:
        assert list(await tx.passes.of_order(order_id)) == [valid.frozen(at=LATER, reason="disputed"), void]
        assert await tx.passes.get(another.id) == another
        assert await tx.passes.thaw_order(order_id) == [valid.id]
        assert list(await tx.passes.of_order(order_id)) == [valid, void]
        await tx.passes.freeze_order(order_id, reason="disputed", at=LATER)
        assert await tx.passes.void_order(order_id, at=LATER, reason="dispute_lost") == [valid.id]
        assert await tx.passes.get(valid.id) == valid.voided(at=LATER, reason="dispute_lost")
        assert await tx.passes.thaw_order(order_id) == []


async def test_of_a_dispute_the_newest_thing_that_was_heard_is_kept(admission: AdmissionTransactions) -> None:
    order_id = OrderId(uuid7())
    opened = OrderDispute(order_id, DisputeId(uuid7()), DisputeStanding.OPEN, 1)
    lost = replace(opened, standing=DisputeStanding.LOST, version=2)
    other = OrderDispute(order_id, DisputeId(uuid7()), DisputeStanding.WON, 2)
    async with admission.begin(OURS) as tx:
        for each in (lost, opened, replace(lost, standing=DisputeStanding.WON), other):
            await tx.disputes.note(each, at=NOON)
    async with admission.begin(OURS) as tx:
        assert list(await tx.disputes.of_order(order_id)) == [lost, other]
        assert list(await tx.disputes.of_order(OrderId(uuid7()))) == []
        await tx.disputes.note(replace(lost, standing=DisputeStanding.WON, version=3), at=LATER)
        assert [each.standing for each in await tx.disputes.of_order(order_id)] == [DisputeStanding.WON] * 2
    async with admission.begin(THEIRS) as tx:
        assert list(await tx.disputes.of_order(order_id)) == []

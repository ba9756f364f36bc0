"""Refunds and refund policies: memory and PostgreSQL keep the same promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.postgres.order_refunds import PostgresDueRefunds
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.content import EventSnapshot, OrderContent, OrderedTicket, PlacesLine
from core.orders.errors import OrderRefundTooLargeError
from core.orders.order import Order
from core.orders.refund_policy import DEFAULT_POLICY, RefundPolicy, RefundReason, RefundRule
from core.orders.refunds import (
    Explanation,
    OrderRefund,
    ReckoningStep,
    RefundStatus,
    ReturnedItem,
    TicketVerdict,
)
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.terms import OrderTerms
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, OrderItemId, RefundId, ReservationId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.orders import DueRefund, DueRefunds, OrderTransactions
from ports.paging import PageRequest
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()
TICKET = TicketId(UUID(int=0x71))
POLICY = RefundPolicy((RefundRule(10_000, 30), RefundRule(2_550, 0)), fees_refundable=True, version=1)

type Stores = tuple[OrderTransactions, DueRefunds]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryOrderTransactions(MemoryMessages(ids=IDS))
        yield memory, memory.due_refunds
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("order_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield PostgresOrderTransactions(app, IDS), PostgresDueRefunds(relay)
    finally:
        await app.close()
        await relay.close()


async def sold(transactions: OrderTransactions, *, number: int = 1, tenant_id: TenantId = OURS) -> Order:
    """A confirmed order of 10.00 EUR in all."""
    reservation = OrderedReservation(ReservationKind.GENERAL_ADMISSION, ReservationId(UUID(int=number)))
    event = EventSnapshot("Match", NOW, NOW + timedelta(hours=2), "Europe/Berlin", VenueId(UUID(int=7)), "Halle")
    item = PlacesLine(OrderItemId(IDS.new()), reservation.id, TICKET, 4, Money(250, "EUR"))
    order = Order.place(
        OrderId(IDS.new()),
        account_id=AccountId(UUID(int=1)),
        reservations=[reservation],
        contact=None,
        now=NOW,
        terms=OrderTerms(),
    ).under(POLICY)
    async with transactions.begin(tenant_id) as tx:
        await tx.orders.add(order)
        order = order.await_payment(OrderContent((OrderedTicket(TICKET, "Regular", event),), (item,)), now=NOW)
        await tx.orders.save(order)
        order = order.confirm(reclaimed=False, now=NOW)
        await tx.orders.save(order)
    return order


def refund_of(order: Order, amount_minor: int = 250) -> OrderRefund:
    assert order.content is not None
    euros = Money(amount_minor, "EUR")
    verdict = TicketVerdict(TICKET, "Übertragung", 14, RefundRule(5_000, 3), 5_000, "50 % goes back")
    return OrderRefund(
        id=RefundId(IDS.new()),
        order_id=order.id,
        items=(ReturnedItem(order.content.items[0].id, (4, 3)),),
        amount=euros,
        reason=RefundReason.GOODWILL,
        note="„sorry“",
        by=AccountId(UUID(int=9)),
        by_staff=True,
        explanation=Explanation((verdict, replace(verdict, rule=None)), True, (ReckoningStep("2 x", euros),)),
        requested_at=NOW,
        due_at=NOW,
    )


async def added(transactions: OrderTransactions, refund: OrderRefund, *, tenant_id: TenantId = OURS) -> OrderRefund:
    async with transactions.begin(tenant_id) as tx:
        await tx.refunds.add(refund)
    return refund


async def saved(transactions: OrderTransactions, refund: OrderRefund, *, tenant_id: TenantId = OURS) -> OrderRefund:
    async with transactions.begin(tenant_id) as tx:
        await tx.refunds.save(refund)
    return refund


async def test_a_refund_comes_back_as_it_was_stored_at_every_stage(stores: Stores) -> None:
    transactions, _ = stores
    refund = await added(transactions, refund_of(await sold(transactions)))
    stages = [refund, refund.wait(now=NOW)]
    stages.append(stages[-1].accept(now=NOW + timedelta(seconds=1)))
    stages.append(stages[-1].fail("account closed", now=NOW))
    stages.append(stages[-1].retry(now=NOW))
    stages.append(stages[-1].succeed(now=NOW + timedelta(seconds=9)))
    for stage in stages:
        if stage is not refund:
            await saved(transactions, stage)
        async with transactions.begin(OURS) as tx:
            assert await tx.refunds.get(refund.id) == stage
            assert list(await tx.refunds.of_order(refund.order_id)) == [stage]


async def test_an_order_keeps_the_policy_that_it_was_placed_under(stores: Stores) -> None:
    transactions, _ = stores
    order = await sold(transactions)
    async with transactions.begin(OURS) as tx:
        assert await tx.orders.get(order.id) == order
    assert order.refund_policy == POLICY


async def test_refunds_that_count_never_exceed_the_order(stores: Stores) -> None:
    transactions, _ = stores
    order = await sold(transactions)
    first = await added(transactions, refund_of(order, 999))
    with pytest.raises(OrderRefundTooLargeError):
        await added(transactions, refund_of(order, 2))
    await added(transactions, refund_of(order, 1))
    await added(transactions, refund_of(order, 0))
    refused = await saved(transactions, first.refuse("not paid", now=NOW))
    await added(transactions, refund_of(order, 999))
    with pytest.raises(OrderRefundTooLargeError):
        await saved(transactions, refused.succeed(now=NOW))
    async with transactions.begin(OURS) as tx:
        assert [each.amount.amount_minor for each in await tx.refunds.of_order(order.id)] == [999, 1, 0, 999]


async def test_what_failed_still_counts(stores: Stores) -> None:
    transactions, _ = stores
    order = await sold(transactions)
    refund = await added(transactions, refund_of(order, 1_000))
    await saved(transactions, refund.fail("account closed", now=NOW))
    with pytest.raises(OrderRefundTooLargeError):
        await added(transactions, refund_of(order, 1))


async def test_of_many_refunds_at_once_only_as_much_goes_back_as_was_paid(stores: Stores) -> None:
    transactions, _ = stores
    order = await sold(transactions)
    refunds = [refund_of(order, 300) for _ in range(8)]
    results = await asyncio.gather(*(added(transactions, each) for each in refunds), return_exceptions=True)
    assert sum(isinstance(result, OrderRefund) for result in results) == 3
    assert sum(isinstance(result, OrderRefundTooLargeError) for result in results) == 5


async def test_of_two_changes_of_one_version_the_second_is_refused(stores: Stores) -> None:
    transactions, _ = stores
    refund = await added(transactions, refund_of(await sold(transactions)))
    await saved(transactions, refund.accept(now=NOW))
    with pytest.raises(StaleVersionError):
        await saved(transactions, refund.fail("declined", now=NOW))
    with pytest.raises(StaleVersionError):
        await saved(transactions, replace(refund_of(await sold(transactions, number=2)), version=2))


async def test_another_tenant_has_neither_the_refund_nor_the_policy(stores: Stores) -> None:
    transactions, _ = stores
    refund = await added(transactions, refund_of(await sold(transactions)))
    async with transactions.begin(OURS) as tx:
        await tx.policies.save(POLICY, at=NOW)
    async with transactions.begin(THEIRS) as tx:
        assert await tx.refunds.get(refund.id) is None
        assert list(await tx.refunds.of_order(refund.order_id)) == []
        assert (await tx.refunds.page(PageRequest(), status=None)).items == ()
        assert await tx.policies.get() == DEFAULT_POLICY
    with pytest.raises(StaleVersionError):
        await saved(transactions, refund.accept(now=NOW), tenant_id=THEIRS)


async def test_pages_show_one_status_or_all(stores: Stores) -> None:
    transactions, _ = stores
    orders = [await sold(transactions, number=number) for number in range(1, 4)]
    refunds = [await added(transactions, refund_of(order)) for order in orders]
    failed = await saved(transactions, refunds[1].fail("declined", now=NOW))
    async with transactions.begin(OURS) as tx:
        first = await tx.refunds.page(PageRequest(limit=2), status=None)
        rest = await tx.refunds.page(PageRequest(limit=2, after=first.next_after), status=None)
        assert [*first.items, *rest.items] == [refunds[0], failed, refunds[2]]
        assert (first.next_after, rest.next_after) == (failed.id, None)
        assert (await tx.refunds.page(PageRequest(), status=RefundStatus.FAILED)).items == (failed,)


async def test_the_sweep_finds_what_is_due_in_every_tenant(stores: Stores) -> None:
    transactions, due = stores
    ours = await added(transactions, refund_of(await sold(transactions)))
    late = replace(refund_of(await sold(transactions, tenant_id=THEIRS)), due_at=NOW - timedelta(seconds=1))
    await added(transactions, late, tenant_id=THEIRS)
    done = await added(transactions, refund_of(await sold(transactions, number=2)))
    await saved(transactions, done.accept(now=NOW))
    found = [DueRefund(THEIRS, late.order_id, late.id), DueRefund(OURS, ours.order_id, ours.id)]
    assert list(await due.due(now=NOW, refunds_max=10)) == found
    assert list(await due.due(now=NOW, refunds_max=1)) == found[:1]
    assert list(await due.due(now=NOW - timedelta(microseconds=1), refunds_max=10)) == found[:1]


async def test_a_policy_is_stored_over_the_version_before_and_no_other(stores: Stores) -> None:
    transactions, _ = stores

    async def change(policy: RefundPolicy) -> None:
        async with transactions.begin(OURS) as tx:
            await tx.policies.save(policy, at=NOW)

    with pytest.raises(StaleVersionError):
        await change(replace(POLICY, version=2))
    results = await asyncio.gather(*(change(POLICY) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(result, StaleVersionError) for result in results) == 3
    await change(RefundPolicy(version=2))
    with pytest.raises(StaleVersionError):
        await change(RefundPolicy(version=2))
    async with transactions.begin(OURS) as tx:
        assert await tx.policies.get() == RefundPolicy(version=2)


async def test_a_transaction_that_raises_leaves_no_refund_and_no_policy(stores: Stores) -> None:
    transactions, _ = stores
    order = await sold(transactions)
    refund = refund_of(order, 1_000)
    with pytest.raises(RuntimeError):
        async with transactions.begin(OURS) as tx:
            await tx.refunds.add(refund)
            await tx.policies.save(POLICY, at=NOW)
            raise RuntimeError
    async with transactions.begin(OURS) as tx:
        assert await tx.refunds.get(refund.id) is None
        assert await tx.policies.get() == DEFAULT_POLICY
    await added(transactions, refund_of(order, 1_000))

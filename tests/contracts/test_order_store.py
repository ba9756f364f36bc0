"""What the stores of orders promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.postgres.orders import PostgresDueOrders, PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.contact import Contact
from core.orders.content import (
    Discount,
    EventSnapshot,
    Fee,
    OrderContent,
    OrderedTicket,
    OrderLine,
    PlacesLine,
    SeatLine,
    Tax,
)
from core.orders.errors import ReservationOrderedError
from core.orders.order import Order
from core.orders.other_seats import OtherSeat, OtherSeats
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.terms import OrderTerms
from core.shared.errors import StaleVersionError
from core.shared.ids import (
    AccountId,
    OrderId,
    OrderItemId,
    PlanId,
    ReservationId,
    SeatId,
    TenantId,
    TicketId,
    VenueId,
)
from core.shared.money import Money
from ports.orders import DueOrder, DueOrders, OrderTransactions
from ports.paging import PageRequest
from ports.published.orders import OrderCancelled
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
TERMS = OrderTerms()
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
IDS = Uuid7Source()


@dataclass
class Stores:
    transactions: OrderTransactions
    due_orders: DueOrders

    async def added(self, order: Order, *, tenant_id: TenantId = OURS) -> Order:
        async with self.transactions.begin(tenant_id) as tx:
            await tx.orders.add(order)
        return order

    async def saved(self, order: Order, *, tenant_id: TenantId = OURS) -> Order:
        async with self.transactions.begin(tenant_id) as tx:
            await tx.orders.save(order)
        return order

    async def get(self, order_id: OrderId, *, tenant_id: TenantId = OURS) -> Order | None:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.orders.get(order_id)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryOrderTransactions(MemoryMessages(ids=IDS))
        yield Stores(memory, memory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("order_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield Stores(PostgresOrderTransactions(app, IDS), PostgresDueOrders(relay))
    finally:
        await app.close()
        await relay.close()


def reservation(number: int, kind: ReservationKind = ReservationKind.SEATS) -> OrderedReservation:
    return OrderedReservation(kind, ReservationId(UUID(int=0x4E5 + number)))


def placed(*numbers: int, account_id: AccountId = ANN, now: datetime = NOW) -> Order:
    return Order.place(
        OrderId(IDS.new()),
        account_id=account_id,
        reservations=[reservation(number) for number in numbers or (1,)],
        contact=Contact("ann@example.org", "Ann"),
        now=now,
        terms=TERMS,
    )


def content(*, seats: int = 2, mixed: bool = False) -> OrderContent:
    ends_at = NOW + timedelta(hours=2)
    event = EventSnapshot("Übertragung „live“", NOW, ends_at, "Europe/Berlin", VenueId(UUID(int=0x7E)), "Halle")
    seated, standing = TicketId(UUID(int=0x71)), TicketId(UUID(int=0x72))
    lines: list[OrderLine] = [
        SeatLine(
            OrderItemId(IDS.new()), reservation(1).id, seated, PlanId(UUID(int=0x91)), SeatId(UUID(int=n + 1)),
            f"R1S{n}", "A", "", str(n), Money(2_500 + n, "EUR"),
        )
        for n in range(seats, 0, -1)
    ]  # fmt: skip
    places = PlacesLine(OrderItemId(IDS.new()), reservation(2).id, standing, 12, Money(0, "EUR"))
    tickets = OrderedTicket(seated, "Sitzplatz", event), OrderedTicket(standing, "", replace(event, title="Ring 2"))
    return OrderContent(
        tickets=tickets if mixed else tickets[:1],
        items=(*lines[:1], places, *lines[1:]) if mixed else tuple(lines),
        discounts=(Discount("friends", "Friends „of“ the house", Money(500, "EUR")),),
        fees=(Fee("service", "Service", Money(150, "EUR")), Fee("card", "Card", Money(0, "EUR"), passed_on=False)),
        taxes=(Tax("vat", "VAT", 1_900, Money(29, "EUR"), included=False), Tax("t", "", 0, Money(0, "EUR"), True)),
    )


async def test_an_order_comes_back_as_it_was_stored(stores: Stores) -> None:
    order = await stores.added(placed())
    assert await stores.get(order.id) == order
    order = await stores.saved(order.await_payment(content(), now=NOW))
    assert await stores.get(order.id) == order
    order = await stores.saved(order.start_payment("CARD", now=NOW, terms=TERMS))
    order = await stores.saved(order.confirm(reclaimed=True, now=NOW + timedelta(microseconds=1)))
    assert await stores.get(order.id) == order


async def test_an_order_without_contact_that_owes_a_refund_comes_back_as_it_was_stored(stores: Stores) -> None:
    order = await stores.added(replace(placed(), contact=None))
    order = await stores.saved(order.await_payment(content(), now=NOW))
    order = await stores.saved(order.owe_refund("seating.seat_taken", now=NOW))
    assert await stores.get(order.id) == order
    order = await stores.saved(order.refund_asked(now=NOW))
    assert await stores.get(order.id) == order


async def test_an_order_comes_back_with_other_seats_and_its_reservations_in_their_place(stores: Stores) -> None:
    numbers = reservation(1), reservation(2, ReservationKind.GENERAL_ADMISSION)
    order = replace(placed(), reservations=numbers, accept_other_seats=True)
    order = await stores.added(order)
    assert await stores.get(order.id) == order
    order = await stores.saved(order.await_payment(content(mixed=True), now=NOW))
    order = await stores.saved(order.expire(now=NOW, ask_again_at=NOW))
    order = await stores.saved(order.settle_late(NOW, now=NOW))
    assert await stores.get(order.id) == order
    instead = ReservationId(UUID(int=0x1257))
    seats = tuple(
        OtherSeat(SeatId(UUID(int=70 + n)), f"R7S{n}", "B", "R7", str(n), Money(2_500 + n, "EUR")) for n in (1, 2)
    )
    order = order.confirm(reclaimed=True, others=[OtherSeats(reservation(1).id, instead, seats)], now=NOW)
    async with stores.transactions.begin(OURS) as tx:
        await tx.orders.locked(order.id)
        await tx.orders.save(order)
    assert await stores.get(order.id) == order
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.live_with([instead], ANN) == [order]
        assert await tx.orders.live_with([reservation(1).id], ANN) == []
    order = await stores.saved(order.refunded("requested", now=NOW))
    assert await stores.get(order.id) == order


async def test_an_order_of_seats_and_places_for_two_events_comes_back_as_it_was_stored(stores: Stores) -> None:
    order = replace(placed(), reservations=(reservation(9), reservation(2, ReservationKind.GENERAL_ADMISSION)))
    order = await stores.added(order)
    assert await stores.get(order.id) == order
    order = await stores.saved(order.await_payment(content(mixed=True), now=NOW))
    order = await stores.saved(order.confirm(reclaimed=False, now=NOW))
    assert await stores.get(order.id) == order
    async with stores.transactions.begin(OURS) as tx:
        assert (await tx.orders.page(PageRequest(), account_id=ANN)).items == (order,)


async def test_several_changes_in_one_transaction_are_stored_together(stores: Stores) -> None:
    order = placed()
    async with stores.transactions.begin(OURS) as tx:
        await tx.orders.add(order)
        order = order.await_payment(content(), now=NOW)
        await tx.orders.save(order)
        order = order.cancel(now=NOW)
        await tx.orders.save(order)
        assert await tx.orders.locked(order.id) == order
    assert await stores.get(order.id) == order


async def test_an_order_that_is_not_there_is_none(stores: Stores) -> None:
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.get(OrderId(UUID(int=404))) is None
        assert await tx.orders.locked(OrderId(UUID(int=404))) is None
        assert await tx.orders.live_with([ReservationId(UUID(int=404))], ANN) == []
        assert await tx.orders.live_with([], ANN) == []


async def test_another_tenant_neither_reads_nor_changes_an_order(stores: Stores) -> None:
    order = await stores.added(placed())
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.orders.get(order.id) is None
        assert await tx.orders.locked(order.id) is None
        assert await tx.orders.live_with(order.reservation_ids, ANN) == []
        assert (await tx.orders.page(PageRequest(), account_id=None)).items == ()
    with pytest.raises(StaleVersionError):
        await stores.saved(order.cancel(now=NOW), tenant_id=THEIRS)
    await stores.added(replace(order, id=OrderId(IDS.new())), tenant_id=THEIRS)
    assert await stores.get(order.id) == order


async def test_a_buyer_has_one_live_order_for_a_reservation(stores: Stores) -> None:
    first = await stores.added(placed())
    with pytest.raises(ReservationOrderedError):
        await stores.added(placed())
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.live_with(first.reservation_ids, ANN) == [first]
    await stores.added(placed(account_id=BEN))
    await stores.added(placed(2))
    await stores.saved(first.refuse("seating.not_holder", now=NOW))
    await stores.added(placed())


async def test_each_reservation_has_one_live_order_of_a_buyer(stores: Stores) -> None:
    first, second = await stores.added(placed(1, 2)), await stores.added(placed(3))
    for overlapping in ((2,), (4, 1), (3, 4), (2, 3), (2, 1)):
        with pytest.raises(ReservationOrderedError):
            await stores.added(placed(*overlapping))
    await stores.added(placed(1, 2, 3, account_id=BEN))
    ids = [reservation(number).id for number in (3, 4, 2)]
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.live_with(ids, ANN) == [first, second]
        assert await tx.orders.live_with(ids[1:2], ANN) == []
    await stores.saved(first.cancel(now=NOW))
    third = await stores.added(placed(4, 1))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.live_with(ids, ANN) == [second, third]


async def test_a_refused_order_leaves_nothing_of_itself(stores: Stores) -> None:
    await stores.added(placed(2))
    refused = placed(1, 2)
    with pytest.raises(ReservationOrderedError):
        await stores.added(refused)
    assert await stores.get(refused.id) is None
    await stores.added(placed(1))


async def test_an_order_that_comes_back_to_life_has_its_reservations_again(stores: Stores) -> None:
    order = await stores.added(placed(1, 2))
    order = await stores.saved(order.await_payment(content(), now=NOW))
    order = await stores.saved(order.expire(now=NOW))
    order = await stores.saved(order.confirm(reclaimed=True, now=NOW))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.orders.live_with([reservation(2).id], ANN) == [order]
    with pytest.raises(ReservationOrderedError):
        await stores.added(placed(2))


async def test_of_overlapping_orders_at_once_none_waits_for_ever_and_no_reservation_has_two(stores: Stores) -> None:
    wanted = [(1, 2, 3), (3, 2, 1), (2, 3, 4), (4, 3), (1, 4), (4, 1, 2)] * 4
    async with asyncio.timeout(30):
        results = await asyncio.gather(*(stores.added(placed(*each)) for each in wanted), return_exceptions=True)
    stored = [result for result in results if isinstance(result, Order)]
    refused = [result for result in results if isinstance(result, ReservationOrderedError)]
    assert stored and len(stored) + len(refused) == len(wanted)
    ids = [id for order in stored for id in order.reservation_ids]
    assert len(ids) == len(set(ids))


async def test_of_many_orders_for_one_reservation_at_once_one_is_stored(stores: Stores) -> None:
    results = await asyncio.gather(*(stores.added(placed()) for _ in range(12)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, ReservationOrderedError)]
    assert len(refused) == 11
    async with stores.transactions.begin(OURS) as tx:
        assert len((await tx.orders.page(PageRequest(), account_id=None)).items) == 1


async def test_of_two_changes_of_one_version_the_second_is_refused(stores: Stores) -> None:
    order = await stores.added(placed())
    order = await stores.saved(order.await_payment(content(), now=NOW))
    confirmed = await stores.saved(order.confirm(reclaimed=False, now=NOW))
    with pytest.raises(StaleVersionError):
        await stores.saved(order.cancel(now=NOW))
    assert await stores.get(order.id) == confirmed


async def test_a_cancellation_and_a_confirmation_at_once_have_one_winner(stores: Stores) -> None:
    order = await stores.added(placed())
    order = await stores.saved(order.await_payment(content(), now=NOW))
    both = [order.confirm(reclaimed=False, now=NOW), order.cancel(now=NOW)]
    results = await asyncio.gather(*(stores.saved(each) for each in both), return_exceptions=True)
    won = [result for result in results if isinstance(result, Order)]
    assert len(won) == 1
    assert await stores.get(order.id) == won[0]


async def test_a_locked_order_is_seen_as_the_one_before_left_it(stores: Stores) -> None:
    order = await stores.added(placed())
    order = await stores.saved(order.await_payment(content(), now=NOW))

    async def pay_once() -> None:
        async with stores.transactions.begin(OURS) as tx:
            found = await tx.orders.locked(order.id)
            assert found is not None
            await asyncio.sleep(0)
            await tx.orders.save(found.start_payment("CARD", now=NOW, terms=TERMS))

    await asyncio.gather(*(pay_once() for _ in range(6)))
    found = await stores.get(order.id)
    assert found is not None
    assert (found.version, len(found.history)) == (order.version + 6, len(order.history) + 6)


async def test_a_transaction_that_raises_leaves_nothing(stores: Stores) -> None:
    order = placed()
    with pytest.raises(RuntimeError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.orders.add(order)
            await tx.inbox.accept(UUID(int=1), consumer="test", at=NOW)
            event = OrderCancelled(order_id=order.id, reservation_ids=order.reservation_ids, reason="cancelled")
            await tx.outbox.add(event, subject=order.id, at=NOW)
            raise RuntimeError
    assert await stores.get(order.id) is None
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.inbox.accept(UUID(int=1), consumer="test", at=NOW)
        assert not await tx.inbox.accept(UUID(int=1), consumer="test", at=NOW)


async def test_pages_follow_one_another_without_gaps(stores: Stores) -> None:
    orders = [await stores.added(placed(number, account_id=ANN if number % 2 else BEN)) for number in range(1, 6)]
    found: list[Order] = []
    after: UUID | None = None
    async with stores.transactions.begin(OURS) as tx:
        for expected in (2, 2, 1):
            page = await tx.orders.page(PageRequest(limit=2, after=after), account_id=None)
            assert len(page.items) == expected
            found += page.items
            after = page.next_after
        assert after is None
        mine = await tx.orders.page(PageRequest(limit=3), account_id=ANN)
    assert found == orders
    assert mine.items == (orders[0], orders[2], orders[4])
    assert mine.next_after is None


async def test_orders_are_found_by_their_tickets_whatever_became_of_them(stores: Stores) -> None:
    seated, standing = TicketId(UUID(int=0x71)), TicketId(UUID(int=0x72))

    async def with_content(number: int, *, mixed: bool, tenant_id: TenantId = OURS) -> Order:
        order = await stores.added(placed(number), tenant_id=tenant_id)
        return await stores.saved(order.await_payment(content(mixed=mixed), now=NOW), tenant_id=tenant_id)

    async def of(*tickets: TicketId, after: UUID | None = None) -> tuple[list[OrderId], UUID | None]:
        async with stores.transactions.begin(OURS) as tx:
            page = await tx.orders.page_of_tickets(PageRequest(limit=2, after=after), tickets)
        return [order.id for order in page.items], page.next_after

    first, second = await with_content(1, mixed=False), await with_content(2, mixed=True)
    await stores.saved(first.cancel(now=NOW))
    await stores.added(placed(3))
    await with_content(1, mixed=True, tenant_id=THEIRS)
    last = await with_content(4, mixed=True)
    assert await of(seated) == ([first.id, second.id], second.id)
    assert await of(seated, standing, after=second.id) == ([last.id], None)
    assert await of(standing) == ([second.id, last.id], None)
    assert await of(TicketId(UUID(int=0x73))) == ([], None)


async def test_the_sweep_finds_what_is_due_in_every_tenant_the_longest_overdue_first(stores: Stores) -> None:
    early = await stores.added(placed(1, now=NOW - timedelta(seconds=10)), tenant_id=THEIRS)
    late = await stores.added(placed(2))
    await stores.added(placed(3, now=NOW + timedelta(seconds=1)))
    done = await stores.added(placed(4))
    await stores.saved(done.cancel(now=NOW))
    due = await stores.due_orders.due(now=late.expires_at, orders_max=10)
    assert due == [DueOrder(THEIRS, early.id), DueOrder(OURS, late.id)]
    assert await stores.due_orders.due(now=late.expires_at, orders_max=1) == [DueOrder(THEIRS, early.id)]
    before = early.expires_at - timedelta(microseconds=1)
    assert await stores.due_orders.due(now=before, orders_max=10) == []

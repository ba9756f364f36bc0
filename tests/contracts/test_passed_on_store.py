"""What orders pass on from one to another: memory and PostgreSQL keep the same promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.content import (
    Admission,
    EventSnapshot,
    OrderContent,
    OrderedTicket,
    PlacesLine,
    ResaleLine,
    ResoldSeat,
    Root,
)
from core.orders.errors import PassedOnError
from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import PassedOn
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.terms import OrderTerms
from core.shared.ids import (
    AccountId,
    ListingId,
    OrderId,
    OrderItemId,
    PassId,
    PlanId,
    ReservationId,
    SeatId,
    TenantId,
    TicketId,
    VenueId,
)
from core.shared.money import Money
from ports.orders import OrderTransactions
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
IDS = Uuid7Source()
TICKET = TicketId(UUID(int=0x71))
EVENT = EventSnapshot("Match", NOW, NOW + timedelta(hours=2), "Europe/Berlin", VenueId(UUID(int=7)), "Halle")


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[OrderTransactions]:
    if request.param == "memory":
        yield MemoryOrderTransactions(MemoryMessages(ids=IDS))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("order_db")
    app = await open_pool(database.app_url, connections_max=8)
    try:
        yield PostgresOrderTransactions(app, IDS)
    finally:
        await app.close()


async def stored(store: OrderTransactions, line: PlacesLine | ResaleLine, *, tenant_id: TenantId = OURS) -> Order:
    """A confirmed order of this item."""
    kind = ReservationKind.RESALE if isinstance(line, ResaleLine) else ReservationKind.GENERAL_ADMISSION
    order = Order.place(
        OrderId(IDS.new()),
        account_id=ANN,
        reservations=[OrderedReservation(kind, line.reservation_id)],
        contact=None,
        now=NOW,
        terms=OrderTerms(),
    )
    async with store.begin(tenant_id) as tx:
        await tx.orders.add(order)
        order = order.await_payment(OrderContent((OrderedTicket(TICKET, "Regular", EVENT),), (line,)), now=NOW)
        await tx.orders.save(order)
        order = order.confirm(reclaimed=False, now=NOW)
        await tx.orders.save(order)
    return order


async def first_sale(store: OrderTransactions, *, tenant_id: TenantId = OURS) -> Order:
    reservation_id = ReservationId(IDS.new())
    line = PlacesLine(OrderItemId(IDS.new()), reservation_id, TICKET, 4, Money(250, "EUR"))
    return await stored(store, line, tenant_id=tenant_id)


def admission(order: Order, unit: int = 1) -> Admission:
    assert order.content is not None
    return Admission(order.id, order.content.items[0].id, unit)


def resold(origin: Order, unit: int = 1, *, seat: ResoldSeat | None = None) -> ResaleLine:
    first = admission(origin, unit)
    plan_id = None if seat is None else PlanId(UUID(int=0x91))
    return ResaleLine(
        id=OrderItemId(IDS.new()),
        reservation_id=ReservationId(IDS.new()),
        ticket_id=TICKET,
        listing_id=ListingId(IDS.new()),
        pass_id=PassId(IDS.new()),
        price=Money(300, "EUR"),
        escrow=seat is not None,
        origin=first,
        root=Root(first, origin.reservation_ids[0], plan_id),
        seat=seat,
    )


async def passed_on(store: OrderTransactions, origin: Order, unit: int = 1) -> PassedOn:
    to = await stored(store, resold(origin, unit))
    each = PassedOn(admission(origin, unit), to.id, admission(to).item_id, admission(origin, unit), NOW)
    async with store.begin(OURS) as tx:
        await tx.passed_on.add(each)
    return each


@pytest.mark.parametrize("seat", [None, ResoldSeat(SeatId(UUID(int=5)), "R1S5", "A „live“", "", "5")])
async def test_an_order_of_a_resold_pass_comes_back_as_it_was_stored(
    store: OrderTransactions, seat: ResoldSeat | None
) -> None:
    origin = await first_sale(store)
    order = await stored(store, resold(origin, seat=seat))
    async with store.begin(OURS) as tx:
        assert await tx.orders.get(order.id) == order
        assert await tx.orders.locked_with_origins(order.id) == order
        assert await tx.orders.locked_with_origins(origin.id) == origin
        assert await tx.orders.locked_with_origins(OrderId(IDS.new())) is None


async def test_what_was_passed_on_is_found_from_either_side_and_from_its_root(store: OrderTransactions) -> None:
    origin = await first_sale(store)
    second, first = await passed_on(store, origin, 2), await passed_on(store, origin, 1)
    async with store.begin(OURS) as tx:
        assert await tx.passed_on.by_order(origin.id) == [first, second]
        assert await tx.passed_on.to_order(first.to_order_id) == [first]
        assert await tx.passed_on.with_root(admission(origin).item_id) == [first, second]
        assert await tx.passed_on.by_order(first.to_order_id) == await tx.passed_on.to_order(origin.id) == []
        after = second.reissued(now=NOW).returned(now=NOW + timedelta(seconds=1))
        await tx.passed_on.save(after)
    async with store.begin(OURS) as tx:
        assert await tx.passed_on.by_order(origin.id) == [first, after]
    async with store.begin(THEIRS) as tx:
        assert await tx.passed_on.by_order(origin.id) == await tx.passed_on.to_order(first.to_order_id) == []


async def test_nothing_is_passed_on_twice_unless_it_came_back(store: OrderTransactions) -> None:
    origin = await first_sale(store)
    first = await passed_on(store, origin)
    with pytest.raises(PassedOnError):
        await passed_on(store, origin)
    async with store.begin(OURS) as tx:
        assert await tx.passed_on.by_order(origin.id) == [first]
        await tx.passed_on.undo(OrderItemId(UUID(int=404)))
        await tx.passed_on.undo(first.to_item_id)
    assert (await passed_on(store, origin)).origin == first.origin


async def test_of_many_that_pass_it_on_at_once_one_does(store: OrderTransactions) -> None:
    origin = await first_sale(store)
    tries = await asyncio.gather(*(passed_on(store, origin) for _ in range(6)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in tries) == ["PassedOn", *["PassedOnError"] * 5]


async def test_a_transaction_that_fails_passed_nothing_on(store: OrderTransactions) -> None:
    origin = await first_sale(store)
    each = await passed_on(store, origin)
    with pytest.raises(ZeroDivisionError):
        async with store.begin(OURS) as tx:
            await tx.passed_on.undo(each.to_item_id)
            await tx.passed_on.hand_over(origin.id, each.unit, to=BEN, revision=2)
            raise ZeroDivisionError
    async with store.begin(OURS) as tx:
        assert await tx.passed_on.by_order(origin.id) == [each]
        assert await tx.passed_on.handed_over(origin.id) == {}


async def test_whoever_locks_an_order_with_its_origins_keeps_others_from_all_of_them(store: OrderTransactions) -> None:
    """Many change the origin at once, some of them by way of what was resold: none fails, and no change is lost."""
    origin = await first_sale(store)
    resale = await stored(store, resold(origin))

    async def note(number: int) -> None:
        async with store.begin(OURS) as tx:
            if number % 2:
                await tx.orders.locked(origin.id)
            else:
                await tx.orders.locked_with_origins(resale.id)
            found = await tx.orders.get(origin.id)
            assert found is not None
            await tx.orders.save(found.noted(Step.REFUND_REQUESTED, str(number), now=NOW))

    await asyncio.gather(*(note(number) for number in range(12)))
    async with store.begin(OURS) as tx:
        after = await tx.orders.get(origin.id)
    assert after is not None and after.version == origin.version + 12


async def test_the_newest_holder_of_a_pass_is_remembered(store: OrderTransactions) -> None:
    origin, other = await first_sale(store), await first_sale(store)
    unit = (admission(origin).item_id, 2)
    for to, revision in ((BEN, 3), (ANN, 2), (ANN, 3)):
        async with store.begin(OURS) as tx:
            await tx.passed_on.hand_over(origin.id, unit, to=to, revision=revision)
    async with store.begin(OURS) as tx:
        assert await tx.passed_on.handed_over(origin.id) == {unit: BEN}
        assert await tx.passed_on.handed_over(other.id) == {}
        await tx.passed_on.hand_over(origin.id, unit, to=ANN, revision=4)
        assert await tx.passed_on.handed_over(origin.id) == {unit: ANN}
    async with store.begin(THEIRS) as tx:
        assert await tx.passed_on.handed_over(origin.id) == {}


def test_told_again_nothing_changes() -> None:
    once = PassedOn(
        Admission(OrderId(UUID(int=1)), OrderItemId(UUID(int=2)), 1),
        OrderId(UUID(int=3)),
        OrderItemId(UUID(int=4)),
        Admission(OrderId(UUID(int=1)), OrderItemId(UUID(int=2)), 1),
        NOW,
    ).reissued(now=NOW)
    later = NOW + timedelta(days=1)
    assert once.reissued(now=later) is once and not once.is_with_public
    back = once.returned(now=NOW)
    assert back.returned(now=later) is back and back.is_with_public
    assert not replace(back, reissued_at=None).is_with_public

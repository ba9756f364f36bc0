"""An order that is due ends in bounded time, never while money may come for it unless the bound is reached."""

from itertools import permutations
from typing import Literal, override
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.orders.history import Step
from core.orders.order import Order
from core.orders.statuses import OrderStatus, RefundState
from core.orders.terms import OrderTerms
from core.shared.ids import OrderId, TenantId
from ports.published.expiration import TimerFired
from ports.published.payments import CancelOutcome
from tests.orders_neighbours import Payments
from tests.orders_world import TENANT, World
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders

SEAT = UUID(int=1)
type Word = Literal["processing", "away"]


async def paying(*, other_seats: bool = False) -> tuple[World, Order]:
    world = World()
    order = await world.placed(other_seats=other_seats)
    await world.pay(world.buyer(), order.id, "CARD")
    return world, await world.now(order)


def say(world: World, order: Order, word: Word) -> None:
    world.payments.reachable = word != "away"
    world.payments.status[order.id] = "processing"


async def next_look(world: World, order: Order) -> Order:
    """Let time pass until the order is due, and sweep."""
    due_at = (await world.now(order)).due_at
    assert due_at is not None
    world.clock.advance(max(0, (due_at - world.clock.now()).total_seconds()))
    assert await world.sweep() == 1
    return await world.now(order)


@pytest.mark.parametrize("word", ["processing", "away"])
async def test_an_order_waits_until_just_its_bound_and_keeps_its_seats_so_long(word: Word) -> None:
    world, order = await paying()
    bound = {
        "processing": world.terms.ceiling(placed_at=order.placed_at),
        "away": world.terms.patience(placed_at=order.placed_at),
    }[word]
    say(world, order, word)
    while (order := await next_look(world, order)).status is OrderStatus.AWAITING_PAYMENT:
        assert world.clock.now() < bound
        assert world.seating.owner_of(SEAT) == order.reservation_ids[0]
    assert order.status is OrderStatus.EXPIRED
    assert (world.clock.now() - bound).total_seconds() < world.terms.recheck_s


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["processing", "away"]), min_size=1, max_size=40))
async def test_no_turn_of_events_makes_an_order_wait_for_ever(words: list[Word]) -> None:
    world, order = await paying()
    looks_max = (world.terms.lifetime_max_s + world.terms.outage_max_s) // world.terms.recheck_s + 1
    for look in range(looks_max):
        say(world, order, words[look % len(words)])
        order = await next_look(world, order)
        now = world.clock.now()
        if order.status is OrderStatus.EXPIRED:
            assert now >= world.terms.ceiling(placed_at=order.placed_at)
            return
        assert now < world.terms.patience(placed_at=order.placed_at)
    pytest.fail("the order still waits")


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("word", ["processing", "away"])
async def test_an_order_that_ended_undecided_is_asked_about_until_the_money_is_settled(word: Word, taken: bool) -> None:
    world, order = await paying()
    say(world, order, word)
    while (order := await next_look(world, order)).status is not OrderStatus.EXPIRED:
        continue
    world.deliver()
    assert world.seating.owner_of(SEAT) is None
    order = await next_look(world, order)
    assert (order.status, order.due_at) == (OrderStatus.EXPIRED, world.terms.late_recheck(now=world.clock.now()))
    if taken:
        world.seating.take_seats_of(order.reservation_ids[0])
    world.payments.reachable = True
    world.payments.status[order.id] = "succeeded"
    order = await next_look(world, order)
    expected = (OrderStatus.EXPIRED, RefundState.ASKED) if taken else (OrderStatus.CONFIRMED, None)
    assert ((order.status, order.refund), order.due_at) == (expected, None)


async def test_an_order_that_ended_undecided_is_laid_down_once_no_money_can_come() -> None:
    world, order = await paying()
    say(world, order, "processing")
    while (order := await next_look(world, order)).status is not OrderStatus.EXPIRED:
        continue
    world.payments.status[order.id] = "cancelled"
    order = await next_look(world, order)
    assert (order.status, order.due_at, order.refund) == (OrderStatus.EXPIRED, None, None)
    assert await world.sweep() == 0


async def test_an_order_whose_payment_was_never_started_expires_although_stripe_is_away() -> None:
    world = World()
    order = await world.placed()
    world.payments.reachable = False
    world.clock.advance(900)
    assert await world.sweep() == 1
    order = await world.now(order)
    assert (order.status, order.due_at) == (OrderStatus.EXPIRED, None)


@pytest.mark.parametrize("word", ["none", "cancelled", "processing"])
async def test_a_payment_that_succeeds_between_cancelling_and_releasing_confirms_the_order(
    word: Literal["none", "cancelled", "processing"],
) -> None:
    world, order = await paying()

    class Crossing(Payments):
        @override
        async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
            world.payments.status[order.id] = "succeeded"
            await world.confirm(world.succeeded(order), world.delivery())
            return CancelOutcome(outcome=word)

    crossing = Crossing(world.life)
    expire = ExpireOrder(world.transactions, world.reservations, crossing, world.settle, world.clock, world.terms)
    world.clock.advance(10_000)
    assert await expire(TENANT, order.id) is False
    order = await world.now(order)
    assert (order.status, order.due_at) == (OrderStatus.CONFIRMED, None)
    world.deliver()
    assert world.seating.owner_of(SEAT) == order.reservation_ids[0]


async def test_an_order_that_always_fails_does_not_hold_up_those_behind_it() -> None:
    world = World(OrderTerms(sweep_orders_max=1))
    first = await world.placed(world.buyer(1))
    second = await world.place(world.buyer(2), [world.held(world.buyer(2), 2, first=5)], None)
    faults: list[OrderId] = []

    class Faulty(ExpireOrder):
        @override
        async def __call__(self, tenant_id: TenantId, order_id: OrderId) -> bool:
            if order_id == first.id:
                faults.append(order_id)
                raise ZeroDivisionError
            return await world.expire(tenant_id, order_id)

    faulty = Faulty(world.transactions, world.reservations, world.payments, world.settle, world.clock, world.terms)
    sweep = ExpireOrders(world.memory, world.transactions, faulty, world.clock, world.terms)
    world.clock.advance(900)
    assert [await sweep(), await sweep(), await sweep()] == [0, 1, 0]
    assert (await world.now(second)).status is OrderStatus.EXPIRED
    world.clock.advance(world.terms.recheck_s)
    await sweep()
    assert faults == [first.id] * 2
    assert (await world.now(first)).status is OrderStatus.AWAITING_PAYMENT


EVENTS = ["money", "sweep", "timer", "refunded", "deliver"]


async def happens(event: str, world: World, order: Order, *, by_staff: bool) -> bool:
    """Let something happen; return whether money went back at Stripe, which staff can do there at any time."""
    match event:
        case "money":
            await world.confirm(world.succeeded(order), world.delivery(1))
        case "sweep":
            await world.sweep()
        case "timer":
            fired = TimerFired(kind="order", subject_id=order.id, due_at=order.expires_at)
            await world.on_timer(fired, world.delivery(2))
        case "refunded" if by_staff or world.payments.refunded[order.id]:
            await world.on_refunded(world.refunded(order), world.delivery(3))
            return True
        case _:
            world.deliver()
    return False


@pytest.mark.parametrize("other_seats", [False, True])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("late_s", [0, 961])
async def test_every_order_of_doubled_news_ends_with_seats_or_with_the_money_back(
    late_s: int, taken: bool, other_seats: bool
) -> None:
    for events in permutations(EVENTS):
        world, order = await paying(other_seats=other_seats)
        world.payments.status[order.id] = "succeeded"
        world.clock.advance(late_s)
        if taken and late_s:
            world.seating.take_seats_of(order.reservation_ids[0])
        doubled = [event for event in events for _ in range(2)]
        back = [await happens(event, world, order, by_staff=number % 4 < 2) for number, event in enumerate(doubled)]
        world.clock.advance(world.terms.late_recheck_s)
        await world.sweep()
        world.deliver()
        end, refunds = await world.now(order), world.payments.refunded[order.id]
        ours = [each for each in world.seating.reservations.values() if each.order_id == order.id]
        sold = [each for each in ours if each.state == "sold"]
        assert end.due_at is None, events
        if end.refund is None:
            assert (end.status, len(sold), refunds, any(back)) == (OrderStatus.CONFIRMED, 1, 0, False), events
        else:
            assert sold == [], events
            assert any(back) or refunds == 1, events
        assert sum(entry.step is Step.CONFIRMED for entry in end.history) <= 1

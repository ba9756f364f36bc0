"""Cancelling, expiring and refunding orders."""

from typing import override
from uuid import UUID

import pytest

from core.orders.errors import (
    OrderAlreadyPaidError,
    OrderEndedError,
    PaymentProcessingError,
)
from core.orders.history import Step
from core.orders.order import Order
from core.orders.statuses import OrderStatus, RefundState
from core.shared.errors import StaleVersionError
from ports.published.expiration import TimerFired
from ports.published.payments import CancelOutcome
from ports.published.refusals import RefusedError
from tests.orders_neighbours import Payments
from tests.orders_world import World
from usecases.orders.cancel_order import CancelOrder

SEAT = UUID(int=1)
CREATED, COMPLETED = "orders.order.created", "orders.order.completed"
CANCELLED, EXPIRED, REFUNDED = (f"orders.order.cancelled:{why}" for why in ("cancelled", "expired", "refunded"))


def steps(order: Order) -> list[Step]:
    return [entry.step for entry in order.history]


async def test_cancelling_cancels_the_payment_and_gives_the_seats_back() -> None:
    world = World()
    order = await world.placed()
    await world.pay(world.buyer(), order.id, "CARD")
    cancelled = await world.cancel(world.buyer(), order.id)
    assert cancelled.status is OrderStatus.CANCELLED
    assert world.payments.status[order.id] == "cancelled"
    assert await world.cancel(world.buyer(), order.id) == cancelled
    assert world.published() == [CREATED, CANCELLED]
    world.deliver()
    assert world.seating.owner_of(SEAT) is None


async def test_cancelling_a_paid_order_confirms_it_instead() -> None:
    world = World()
    order = await world.paid()
    with pytest.raises(OrderAlreadyPaidError):
        await world.cancel(world.buyer(), order.id)
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    with pytest.raises(OrderAlreadyPaidError):
        await world.cancel(world.buyer(), order.id)
    await world.confirm(world.succeeded(order), world.delivery())
    assert world.published() == [CREATED, COMPLETED]


async def test_an_order_cannot_be_cancelled_while_stripe_decides() -> None:
    world = World()
    order = await world.placed()
    world.payments.status[order.id] = "processing"
    with pytest.raises(PaymentProcessingError):
        await world.cancel(world.buyer(), order.id)
    assert await world.now(order) == order


async def test_an_expired_order_cannot_be_cancelled() -> None:
    world = World()
    order = await world.placed()
    world.clock.advance(900)
    await world.sweep()
    with pytest.raises(OrderEndedError):
        await world.cancel(world.buyer(), order.id)


@pytest.mark.parametrize("winner", ["confirm", "pay"])
async def test_cancelling_gives_way_to_what_happens_at_the_same_time(winner: str) -> None:
    world = World()
    order = await world.placed()

    class Crossing(Payments):
        @override
        async def cancel(self, *, tenant_id: UUID, order_id: UUID) -> CancelOutcome:
            outcome = await Payments.cancel(self, tenant_id=tenant_id, order_id=order_id)
            if winner == "confirm":
                await world.confirm(world.succeeded(order), world.delivery())
            else:
                await world.pay(world.buyer(), order.id, "CARD")
            return outcome

    crossing = Crossing(world.life)
    cancel = CancelOrder(world.transactions, crossing, world.settle, world.clock)
    with pytest.raises(OrderAlreadyPaidError if winner == "confirm" else StaleVersionError):
        await cancel(world.buyer(), order.id)
    expected = OrderStatus.CONFIRMED if winner == "confirm" else OrderStatus.AWAITING_PAYMENT
    assert (await world.now(order)).status is expected


async def test_an_order_expires_exactly_at_its_time() -> None:
    world = World()
    order = await world.placed()
    world.clock.advance(899)
    assert await world.sweep() == 0
    world.clock.advance(1)
    assert await world.sweep() == 1
    assert await world.sweep() == 0
    assert (await world.now(order)).status is OrderStatus.EXPIRED
    assert world.published() == [CREATED, EXPIRED]


async def test_expiry_cancels_the_payment_first() -> None:
    world = World()
    order = await world.placed()
    await world.pay(world.buyer(), order.id, "CARD")
    world.clock.advance(900)
    assert await world.sweep() == 1
    assert world.payments.status[order.id] == "cancelled"
    assert (await world.now(order)).status is OrderStatus.EXPIRED


async def test_expiry_of_a_paid_order_confirms_it() -> None:
    world = World()
    order = await world.paid()
    world.clock.advance(900)
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert world.published() == [CREATED, COMPLETED]


async def test_an_order_is_protected_while_stripe_decides_but_not_for_ever() -> None:
    world = World()
    order = await world.placed()
    await world.pay(world.buyer(), order.id, "CARD")
    world.payments.status[order.id] = "processing"
    world.clock.advance(900)
    for _ in range((world.terms.lifetime_max_s - 900) // world.terms.recheck_s):
        assert await world.sweep() == 1
        assert await world.sweep() == 0
        assert world.seating.owner_of(SEAT) == order.reservation_ids[0]
        world.clock.advance(world.terms.recheck_s)
    assert (await world.now(order)).status is OrderStatus.AWAITING_PAYMENT
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.EXPIRED


async def test_an_order_waits_while_payments_cannot_be_asked() -> None:
    world = World()
    order = await world.placed()
    await world.pay(world.buyer(), order.id, "CARD")
    world.payments.reachable = False
    world.clock.advance(900)
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.AWAITING_PAYMENT
    world.payments.reachable = True
    world.clock.advance(world.terms.recheck_s)
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.EXPIRED


async def test_a_timer_is_a_hint_and_the_orders_own_time_decides() -> None:
    world = World()
    order = await world.placed()
    fired = TimerFired(kind="order", subject_id=order.id, due_at=order.expires_at)
    await world.on_timer(fired, world.delivery())
    assert (await world.now(order)).status is OrderStatus.AWAITING_PAYMENT
    world.clock.advance(900)
    other = TimerFired(kind="reservation", subject_id=order.id, due_at=order.expires_at)
    await world.on_timer(other, world.delivery())
    assert (await world.now(order)).status is OrderStatus.AWAITING_PAYMENT
    for _ in range(2):
        await world.on_timer(fired, world.delivery())
    assert world.published() == [CREATED, EXPIRED]


async def test_a_refund_of_a_confirmed_order_ends_it_and_gives_the_seats_back_once() -> None:
    world = World()
    order = await world.paid()
    await world.confirm(world.succeeded(order), world.delivery(1))
    for number in (2, 2, 3):
        await world.on_refunded(world.refunded(order), world.delivery(number))
    order = await world.now(order)
    assert (order.status, order.refund, steps(order)[-1]) == (OrderStatus.CANCELLED, RefundState.DONE, Step.REFUNDED)
    assert world.published() == [CREATED, COMPLETED, REFUNDED]
    world.deliver()
    assert world.seating.owner_of(SEAT) is None


async def test_a_refund_that_overtakes_the_news_of_the_payment_keeps_the_order_from_being_confirmed() -> None:
    world = World()
    order = await world.paid()
    await world.on_refunded(world.refunded(order), world.delivery(1))
    await world.confirm(world.succeeded(order), world.delivery(2))
    assert (await world.now(order)).status is OrderStatus.CANCELLED
    assert world.published() == [CREATED, REFUNDED, REFUNDED], "an earlier try may have sold something"
    await world.confirm(world.succeeded(order), world.delivery(2))
    assert world.published() == [CREATED, REFUNDED, REFUNDED]


async def test_a_refund_of_an_ended_order_is_only_told_in_its_history() -> None:
    world = World()
    order = await world.paid()
    await world.confirm(world.succeeded(order, amount_minor=1), world.delivery(1))
    before = world.published()
    await world.on_refunded(world.refunded(order), world.delivery(2))
    assert (await world.now(order)).refund is RefundState.DONE
    assert world.published() == before


async def test_seats_that_belong_to_another_order_are_never_sold_twice() -> None:
    world = World()
    order = await world.paid()
    found = world.seating.reservations[order.reservation_ids[0]]
    world.seating.reservations[order.reservation_ids[0]] = type(found)(
        found.holder, found.seats, "sold", found.until, UUID(int=0xD00)
    )
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.refund, order.history[-3].detail) == (RefundState.ASKED, "seating.reservation_conflict")
    with pytest.raises(RefusedError):
        await world.seating.finalise(tenant_id=UUID(int=1), reservation_id=order.reservation_ids[0], order_id=order.id)

"""Paying orders, and what becomes of the money."""

from typing import override
from uuid import UUID

import pytest

from core.orders.errors import (
    OrderExpiredError,
    OrderNotFoundError,
    OrderNotPayableError,
)
from core.orders.history import Step
from core.orders.order import Order
from core.orders.statuses import OrderStatus, RefundState
from ports.published.orders import OrderCompleted
from ports.published.payments import PaymentMethod, PaymentStarted
from tests.orders_neighbours import Payments
from tests.orders_world import World
from usecases.orders.pay_order import PayOrder

SEAT = UUID(int=1)
CREATED, COMPLETED = "orders.order.created", "orders.order.completed"
CANCELLED, EXPIRED, REFUNDED = (f"orders.order.cancelled:{why}" for why in ("cancelled", "expired", "refunded"))


def steps(order: Order) -> list[Step]:
    return [entry.step for entry in order.history]


async def test_paying_protects_seats_longer_than_the_order_so_that_stripe_can_be_asked() -> None:
    world = World()
    order = await world.placed()
    world.clock.advance(800)
    started = await world.pay(world.buyer(), order.id, "CARD")
    order = await world.now(order)
    assert (started.amount_minor, started.currency) == (5_000, "EUR")
    assert (order.expires_at - world.clock.now()).total_seconds() == 900
    assert (world.seating.reservations[order.reservation_ids[0]].until - order.expires_at).total_seconds() == 60


async def test_an_order_can_be_paid_until_exactly_its_time() -> None:
    for early_s, works in ((1, True), (0, False)):
        world = World()
        order = await world.placed()
        world.clock.advance(900 - early_s)
        if works:
            await world.pay(world.buyer(), order.id, "CARD")
        else:
            with pytest.raises(OrderExpiredError):
                await world.pay(world.buyer(), order.id, "CARD")
            assert world.payments.status == {}


async def test_an_order_that_was_cancelled_while_its_payment_started_cannot_be_paid() -> None:
    world = World()
    order = await world.placed()

    class CancelledMeanwhile(Payments):
        @override
        async def start(
            self,
            *,
            tenant_id: UUID,
            order_id: UUID,
            account_id: UUID,
            amount_minor: int,
            currency: str,
            method: PaymentMethod,
            description: str,
            venue_ids: tuple[UUID, ...],
            escrow: bool = False,
        ) -> PaymentStarted:
            await world.cancel(world.buyer(), order.id)
            world.payments.status[order_id] = "open"
            return PaymentStarted(
                payment_id=order_id,
                client_secret="secret",
                stripe_payment_intent_id="pi_1",
                amount_minor=amount_minor,
                currency=currency,
            )

    crossing = CancelledMeanwhile(world.life, status=world.payments.status)
    pay = PayOrder(world.transactions, world.reservations, crossing, world.clock, world.terms)
    with pytest.raises(OrderNotPayableError):
        await pay(world.buyer(), order.id, "CARD")
    assert world.payments.status[order.id] == "cancelled"


async def test_the_news_of_money_confirms_the_order_and_tells_all_that_passes_need() -> None:
    world = World()
    order = await world.paid()
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert order.status is OrderStatus.CONFIRMED
    assert world.seating.reservations[order.reservation_ids[0]].state == "sold"
    assert world.published() == [CREATED, COMPLETED]
    told = world.messages.events[-1].decode(OrderCompleted)
    (ticket,) = told.tickets
    assert (ticket.title, ticket.event_title, ticket.venue_name) == ("Regular", "Home match", "Riethsporthalle")
    assert (told.currency, told.places) == ("EUR", ())
    assert [(seat.label, seat.section, seat.row, seat.number, seat.price_minor) for seat in told.seats] == [
        ("R1S1", "A", "R1", "1", 2_500),
        ("R1S2", "A", "R1", "2", 2_500),
    ]
    assert order.content is not None
    assert [seat.order_item_id for seat in told.seats] == [item.id for item in order.content.items]
    assert {seat.ticket_id for seat in told.seats} == {ticket.ticket_id}


async def test_the_same_news_twice_and_other_news_of_the_same_have_one_effect() -> None:
    world = World()
    order = await world.paid()
    for number in (1, 1, 2):
        await world.confirm(world.succeeded(order), world.delivery(number))
    assert world.published() == [CREATED, COMPLETED]


async def test_money_that_comes_after_expiry_gets_the_very_same_seats_if_they_are_free() -> None:
    world = World()
    order = await world.placed()
    world.clock.advance(900)
    assert await world.sweep() == 1
    world.deliver()
    world.payments.status[order.id] = "succeeded"
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert order.status is OrderStatus.CONFIRMED
    assert steps(order)[-3:] == [Step.PAID_LATE, Step.SEATS_RECLAIMED, Step.CONFIRMED]
    assert world.published() == [CREATED, EXPIRED, COMPLETED]


async def test_money_that_comes_after_the_seats_are_gone_goes_back() -> None:
    world = World()
    order = await world.placed()
    await world.cancel(world.buyer(), order.id)
    world.deliver()
    world.seating.take_seats_of(order.reservation_ids[0])
    world.payments.status[order.id] = "succeeded"
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.status, order.refund) == (OrderStatus.CANCELLED, RefundState.ASKED)
    assert steps(order)[-2:] == [Step.REFUND_DUE, Step.REFUND_ASKED]
    assert order.history[-2].detail == "seating.seat_taken"
    assert world.payments.refunded[order.id] == 1
    assert world.published() == [CREATED, CANCELLED, REFUNDED]


async def test_an_order_whose_reservation_ended_unseen_is_cancelled_and_refunded_when_its_seats_are_gone() -> None:
    world = World()
    order = await world.paid()
    world.clock.advance(961)
    world.seating.take_seats_of(order.reservation_ids[0])
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.status, order.refund) == (OrderStatus.CANCELLED, RefundState.ASKED)
    assert world.published() == [CREATED, REFUNDED]


async def test_another_amount_than_the_total_goes_back() -> None:
    world = World()
    order = await world.paid()
    await world.confirm(world.succeeded(order, amount_minor=4_999), world.delivery())
    order = await world.now(order)
    assert (order.status, order.refund) == (OrderStatus.CANCELLED, RefundState.ASKED)


async def test_a_refund_that_cannot_be_asked_for_is_asked_for_again_by_the_sweep() -> None:
    world = World()
    order = await world.paid()
    world.payments.reachable = False
    await world.confirm(world.succeeded(order, amount_minor=1), world.delivery())
    assert (await world.now(order)).refund is RefundState.DUE
    assert await world.sweep() == 0
    world.clock.advance(world.terms.recheck_s)
    world.payments.reachable = True
    assert await world.sweep() == 1
    assert (await world.now(order)).refund is RefundState.ASKED
    assert world.payments.refunded[order.id] == 1
    assert await world.sweep() == 0


async def test_money_for_an_order_that_does_not_exist_is_refused() -> None:
    world = World()
    order = await world.paid()
    event = world.succeeded(order)
    with pytest.raises(OrderNotFoundError):
        await World().confirm(event, world.delivery())

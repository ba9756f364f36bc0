"""Money that comes after an order's end: the same seats, as good ones where that was allowed, or a refund."""

from typing import override
from uuid import UUID, uuid4

import pytest

from core.orders.content import SeatLine
from core.orders.history import Step
from core.orders.order import Order
from core.orders.other_seats import OtherSeat, OtherSeats
from core.orders.statuses import OrderStatus, RefundState
from core.shared.errors import UnavailableError
from core.shared.ids import ReservationId, SeatId
from core.shared.money import Money
from ports.published.orders import OrderCancelled, OrderCompleted
from ports.published.refusals import LinkUnavailableError
from ports.published.seating import SeatsReserved, replacement_id
from tests.orders_neighbours import Seating
from tests.orders_world import TENANT, World
from tests.unit.test_order_rules import NOON, RESERVATION, awaiting, content, line
from usecases.orders.reservations import Reservations
from usecases.orders.settle_payment import SettlePayment

CREATED, COMPLETED = "orders.order.created", "orders.order.completed"
EXPIRED, REFUNDED = "orders.order.cancelled:expired", "orders.order.cancelled:refunded"


def steps(order: Order) -> list[Step]:
    return [entry.step for entry in order.history]


async def gone(world: World, *, other_seats: bool, mixed: bool = False) -> Order:
    """An order that has expired, whose first seats somebody else bought, and whose money came after all."""
    order = await (world.placed_mix(other_seats=other_seats) if mixed else world.placed(other_seats=other_seats))
    world.clock.advance(900)
    assert await world.sweep() == 1
    world.deliver()
    world.seating.take_seats_of(order.reservation_ids[0])
    world.payments.status[order.id] = "succeeded"
    return order


def instead_of(order: Order, place: int = 0) -> UUID:
    return replacement_id(order_id=order.id, reservation_id=order.reservation_ids[place])


async def test_a_buyer_who_allowed_it_gets_other_seats_for_the_same_money_and_passes_show_them() -> None:
    world = World()
    old = await gone(world, other_seats=True)
    await world.confirm(world.succeeded(old), world.delivery())
    order = await world.now(old)
    assert (order.status, order.refund, order.due_at, order.total) == (OrderStatus.CONFIRMED, None, None, old.total)
    assert steps(order)[-3:] == [Step.PAID_LATE, Step.OTHER_SEATS, Step.CONFIRMED]
    assert order.history[-2].detail == "A R1S1, A R1S2 → A R2S1, A R2S2"
    assert order.reservation_ids == (instead_of(old),)
    assert old.content is not None and order.content is not None
    assert [item.id for item in order.content.items] == [item.id for item in old.content.items]
    assert {item.reservation_id for item in order.content.items} == {instead_of(old)}
    told = world.messages.events[-1].decode(OrderCompleted)
    assert [(seat.label, seat.price_minor) for seat in told.seats] == [("R2S1", 2_500), ("R2S2", 2_500)]
    assert world.published() == [CREATED, EXPIRED, COMPLETED]


async def test_without_leave_the_money_goes_back_and_no_other_seats_are_sold() -> None:
    world = World()
    order = await gone(world, other_seats=False)
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.status, order.refund) == (OrderStatus.EXPIRED, RefundState.ASKED)
    assert steps(order)[-3:] == [Step.PAID_LATE, Step.REFUND_DUE, Step.REFUND_ASKED]
    assert order.refund_reason == "seating.seat_taken"
    assert instead_of(order) not in world.seating.reservations


async def test_where_no_seats_are_as_good_the_money_goes_back() -> None:
    world = World()
    order = await gone(world, other_seats=True)
    world.seating.others = False
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.refund, order.refund_reason) == (RefundState.ASKED, "seating.no_other_seats")


async def test_the_same_seats_come_before_others() -> None:
    world = World()
    order = await world.placed(other_seats=True)
    world.clock.advance(900)
    await world.sweep()
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert (order.status, steps(order)[-2]) == (OrderStatus.CONFIRMED, Step.SEATS_RECLAIMED)
    assert instead_of(order) not in world.seating.reservations


async def test_a_mixed_order_keeps_what_is_free_and_gets_other_seats_for_the_rest() -> None:
    world = World()
    old = await gone(world, other_seats=True, mixed=True)
    await world.confirm(world.succeeded(old), world.delivery())
    order = await world.now(old)
    assert order.reservation_ids == (instead_of(old), *old.reservation_ids[1:])
    assert steps(order)[-3:] == [Step.OTHER_SEATS, Step.SEATS_RECLAIMED, Step.CONFIRMED]
    assert order.total == old.total


async def test_a_refund_gives_other_seats_back_also_when_the_order_never_knew_of_them() -> None:
    world = World()
    order = await gone(world, other_seats=True, mixed=True)
    world.general_admission.sell_out()
    await world.confirm(world.succeeded(order), world.delivery())
    assert (await world.now(order)).refund is RefundState.ASKED
    assert instead_of(order) in world.messages.events[-1].decode(OrderCancelled).reservation_ids
    assert world.seating.reservations[instead_of(order)].state == "sold"
    world.deliver()
    assert world.seating.reservations[instead_of(order)].state == "ended"


async def test_a_refund_of_an_order_with_other_seats_gives_those_back() -> None:
    world = World()
    order = await gone(world, other_seats=True)
    await world.confirm(world.succeeded(order), world.delivery(1))
    await world.on_refunded(world.refunded(order), world.delivery(2))
    world.deliver()
    assert world.seating.reservations[instead_of(order)].state == "ended"


async def test_news_that_come_again_change_nothing() -> None:
    world = World()
    order = await gone(world, other_seats=True)
    for number in (1, 1, 2):
        await world.confirm(world.succeeded(order), world.delivery(number))
    assert world.published() == [CREATED, EXPIRED, COMPLETED]
    assert steps(await world.now(order)).count(Step.OTHER_SEATS) == 1


async def test_who_has_other_seats_never_gets_the_old_ones_as_well() -> None:
    """The process dies after other seats were sold; meanwhile the old ones come back on sale."""
    world = World()
    order = await gone(world, other_seats=True)
    await world.seating.replace(tenant_id=TENANT, reservation_id=order.reservation_ids[0], order_id=order.id)
    world.seating.reservations.pop(UUID(int=0xBAD))
    await world.confirm(world.succeeded(order), world.delivery())
    assert (await world.now(order)).reservation_ids == (instead_of(order),)
    assert world.seating.reservations[order.reservation_ids[0]].state == "ended"


class SeatingIsAway(Seating):
    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        raise LinkUnavailableError("seating")


async def test_late_money_is_settled_by_the_sweep_where_whoever_heard_of_it_gave_up() -> None:
    """Seating cannot be reached for so long that the news is laid aside."""
    world = World()
    order = await gone(world, other_seats=True)

    away = SeatingIsAway(world.clock, world.life, world.seating.reservations)
    reservations = Reservations(away, world.general_admission, world.market)
    settle = SettlePayment(world.transactions, reservations, world.payments, world.clock, world.terms)
    with pytest.raises(UnavailableError):
        await settle(TENANT, order.id, delivery=world.delivery())
    assert steps(await world.now(order))[-1] is Step.PAID_LATE
    assert await world.sweep() == 0
    world.clock.advance(world.terms.recheck_s)
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert await world.sweep() == 0


async def test_a_refund_that_is_told_while_other_seats_are_being_sold_gives_them_back() -> None:
    world = World()
    order = await gone(world, other_seats=True)

    class Crossing(Seating):
        @override
        async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
            answer = await world.seating.replace(tenant_id=tenant_id, reservation_id=reservation_id, order_id=order_id)
            await world.on_refunded(world.refunded(order), world.delivery(7))
            world.deliver()
            return answer

    crossing = Crossing(world.clock, world.life, world.seating.reservations)
    reservations = Reservations(crossing, world.general_admission, world.market)
    settle = SettlePayment(world.transactions, reservations, world.payments, world.clock, world.terms)
    await settle(TENANT, order.id, delivery=world.delivery())
    assert (await world.now(order)).refund is RefundState.DONE
    world.deliver()
    assert world.seating.reservations[instead_of(order)].state == "ended"


def other(price_minor: int, number: int) -> OtherSeat:
    return OtherSeat(SeatId(uuid4()), f"S{number}", "B", "R9", str(number), Money(price_minor, "EUR"))


def test_other_seats_are_put_where_their_price_was_paid() -> None:
    ordered = content(line(1, 3_000), line(2, 2_000), line(3, 3_000))
    instead = ReservationId(uuid4())
    seats = other(2_000, 7), other(3_000, 8), other(3_000, 9)
    put = OtherSeats(RESERVATION.id, instead, seats).put_into(ordered)
    assert [(item.label, item.price.amount_minor) for item in put.items if isinstance(item, SeatLine)] == [
        ("S8", 3_000),
        ("S7", 2_000),
        ("S9", 3_000),
    ]
    assert put.total == ordered.total
    for wrong in (seats[:2], (*seats, other(3_000, 1)), (*seats[:2], other(2_999, 9))):
        with pytest.raises(ValueError, match="seat"):
            OtherSeats(RESERVATION.id, instead, wrong).put_into(ordered)


def test_other_seats_of_another_reservation_touch_nothing() -> None:
    order = awaiting()
    others = OtherSeats(ReservationId(uuid4()), ReservationId(uuid4()), ())
    confirmed = order.confirm(reclaimed=False, others=[others], now=NOON)
    assert (confirmed.content, confirmed.reservations) == (order.content, order.reservations)

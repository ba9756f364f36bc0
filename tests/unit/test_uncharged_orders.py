"""Orders that Stripe has no part in: those that cost nothing, and those of the box office."""

import pytest

from core.orders.box_office import Settlement
from core.orders.contact import Contact
from core.orders.errors import (
    ForbiddenTransitionError,
    OrderEndedError,
    OrderNotPayableError,
    ReservationOrderedError,
)
from core.orders.fee_schedule import FeeSchedule
from core.orders.fees import FixedFee
from core.orders.history import Step
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.orders.vouchers import PercentOff, VoucherTerms
from core.shared.callers import Role
from core.shared.errors import ForbiddenError
from core.shared.money import Money
from ports.paging import PageRequest
from ports.published.orders import OrderCompleted
from ports.published.refusals import LinkUnavailableError, RefusedError
from tests.orders_world import World
from usecases.orders.place_order import HoldToOrder
from usecases.orders.sell_at_box_office import Sale

CASH, COMPLIMENTARY = Settlement.CASH, Settlement.COMPLIMENTARY
NOTHING = Money(0, "EUR")


async def gift(world: World) -> None:
    terms = VoucherTerms(PercentOff(10_000), uses_max=1)
    await world.edit_vouchers.create(world.staff(Role.OWNER), "GIFT", terms)


async def free(world: World) -> Order:
    await gift(world)
    return await world.place(world.buyer(), world.held_once(), None, voucher_code="GIFT")


async def sold(world: World, settlement: Settlement = CASH, contact: Contact | None = None) -> Order:
    sale = Sale(world.held_once(), settlement, "at the counter", contact, world.buyer().account_id)
    return await world.sell(world.staff(), sale)


def state_of_seats(world: World) -> str:
    (reservation,) = world.seating.reservations.values()
    return reservation.state


async def test_an_order_that_costs_nothing_is_confirmed_at_once_and_told_as_any_other() -> None:
    world = World()
    order = await free(world)
    assert (order.status, order.total, order.due_at) == (OrderStatus.CONFIRMED, NOTHING, None)
    assert [entry.step for entry in order.history] == [Step.PLACED, Step.RESERVED, Step.CONFIRMED]
    assert state_of_seats(world) == "sold"
    assert world.payments.status == {}
    assert world.published() == ["orders.order.created", "orders.order.completed"]
    completed = world.messages.events[-1].decode(OrderCompleted)
    assert [seat.price_minor for seat in completed.seats] == [2_500, 2_500]


async def test_places_that_have_no_price_are_sold_without_a_payment() -> None:
    world = World()
    world.general_admission.price_minor = 0
    order = await world.place(world.buyer(), [world.held_places(world.buyer())], None)
    assert (order.status, order.total) == (OrderStatus.CONFIRMED, NOTHING)


async def test_there_is_nothing_to_pay_for_an_order_that_costs_nothing() -> None:
    world = World()
    order = await free(world)
    with pytest.raises(OrderNotPayableError, match="nothing to pay"):
        await world.pay(world.buyer(), order.id, "CARD")
    assert world.payments.status == {}


async def test_placing_a_free_order_again_answers_it() -> None:
    world = World()
    order = await free(world)
    again = await world.place(world.buyer(), world.held_once(), None, voucher_code="GIFT")
    assert again == order
    assert world.published() == ["orders.order.created", "orders.order.completed"]


async def cut_off(world: World) -> Order:
    """A free order for which everything is reserved, when seating cannot be reached any more."""
    await gift(world)
    world.seating.sells = False
    with pytest.raises(LinkUnavailableError):
        await world.place(world.buyer(), world.held_once(), None, voucher_code="GIFT")
    world.seating.sells = True
    order = await world.only_order()
    assert order.status is OrderStatus.AWAITING_PAYMENT
    return order


async def test_the_sweep_finishes_at_once_what_a_crash_left() -> None:
    world = World()
    order = await cut_off(world)
    assert order.due_at == world.clock.now()
    assert await world.sweep() == 1
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert await world.sweep() == 0
    assert state_of_seats(world) == "sold"


async def test_an_outage_longer_than_the_reservation_still_ends_in_a_sale() -> None:
    world = World()
    order = await cut_off(world)
    world.clock.advance(86_400)
    await world.sweep()
    found = await world.now(order)
    assert [entry.step for entry in found.history][-2:] == [Step.SEATS_RECLAIMED, Step.CONFIRMED]


async def test_a_free_order_whose_seats_are_gone_ends_and_owes_nobody_anything() -> None:
    world = World()
    order = await cut_off(world)
    world.clock.advance(901)
    world.seating.take_seats_of(order.reservation_ids[0])
    await world.sweep()
    found = await world.now(order)
    assert (found.status, found.refund, found.due_at) == (OrderStatus.CANCELLED, None, None)
    assert found.history[-1].detail == "seating.seat_taken"
    assert world.published() == ["orders.order.created", "orders.order.cancelled:refunded"]
    assert world.payments.refunded == {}


async def test_who_places_again_what_cannot_be_sold_any_more_hears_that_it_ended() -> None:
    world = World()
    order = await cut_off(world)
    world.clock.advance(901)
    world.seating.take_seats_of(order.reservation_ids[0])
    with pytest.raises(OrderEndedError):
        await world.place(world.buyer(), world.held_once(), None, voucher_code="GIFT")


async def test_cancelling_what_is_just_being_sold_confirms_it_first() -> None:
    world = World()
    order = await cut_off(world)
    with pytest.raises(ForbiddenError):
        await world.cancel(world.buyer(), order.id)
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert (await world.cancel(world.staff(), order.id)).status is OrderStatus.CANCELLED


async def test_staff_call_a_free_order_off_and_its_buyer_does_not() -> None:
    world = World()
    order = await free(world)
    with pytest.raises(ForbiddenError):
        await world.cancel(world.buyer(), order.id)
    cancelled = await world.cancel(world.staff(), order.id)
    assert (cancelled.status, cancelled.cash_to_return) == (OrderStatus.CANCELLED, None)
    assert await world.cancel(world.staff(), order.id) == cancelled
    assert world.published()[-1] == "orders.order.cancelled:refunded"
    world.deliver()
    assert state_of_seats(world) == "ended"


async def test_money_never_confirms_a_free_order_that_was_called_off() -> None:
    world = World()
    order = await free(world)
    cancelled = await world.cancel(world.staff(), order.id)
    assert await world.settle(world.staff().tenant_id, order.id) == cancelled
    with pytest.raises(ForbiddenTransitionError):
        cancelled.confirm(reclaimed=False, now=world.clock.now())


async def test_a_cash_sale_is_confirmed_at_once_and_says_who_took_how_much() -> None:
    world = World()
    order = await sold(world, contact=Contact("ann@example.org"))
    assert (order.status, order.cash_taken, order.contact) == (
        OrderStatus.CONFIRMED, Money(5_000, "EUR"), Contact("ann@example.org")
    )  # fmt: skip
    assert order.sale is not None
    assert (order.account_id, order.sale.by, order.sale.note) == (
        world.buyer().account_id, world.staff().account_id, "at the counter"
    )  # fmt: skip
    assert [(entry.step, entry.detail) for entry in order.history] == [
        (Step.PLACED, "box office, cash"),
        (Step.RESERVED, ""),
        (Step.CONFIRMED, "50.00 EUR taken in cash"),
    ]
    assert world.payments.status == {}
    assert world.published() == ["orders.order.created", "orders.order.completed"]


async def test_a_complimentary_order_costs_nothing_and_has_no_fees() -> None:
    world = World()
    schedule = FeeSchedule(fees=(FixedFee("booking", "Booking", Money(150, "EUR")),))
    await world.tune_fees.change(world.staff(Role.OWNER), schedule, expected_version=0)
    order = await sold(world, COMPLIMENTARY)
    assert order.content is not None
    assert [(each.code, each.amount) for each in order.content.discounts] == [("complimentary", Money(5_000, "EUR"))]
    assert (order.total, order.content.fees, order.cash_taken) == (NOTHING, (), None)
    assert order.history[-1].detail == "nothing to pay"


async def test_a_sale_without_a_customers_account_is_the_sellers() -> None:
    world = World()
    hold = world.held(world.staff())
    order = await world.sell(world.staff(), Sale([hold], CASH))
    assert order.account_id == world.staff().account_id


async def test_only_those_who_sell_may_sell_and_list() -> None:
    world = World()
    sale = Sale(world.held_once(), COMPLIMENTARY)
    for caller in (world.buyer(), world.staff(Role.SCANNER)):
        with pytest.raises(ForbiddenError):
            await world.sell(caller, sale)
        with pytest.raises(ForbiddenError):
            await world.sold(caller, PageRequest())
    assert world.published() == []
    for role in (Role.OWNER, Role.MANAGER, Role.BOX_OFFICE):
        assert (await world.sold(world.staff(role), PageRequest())).items == ()


async def test_selling_again_answers_the_same_order_and_another_settlement_is_refused() -> None:
    world = World()
    order = await sold(world)
    assert await sold(world) == order
    with pytest.raises(ReservationOrderedError):
        await sold(world, COMPLIMENTARY)
    assert world.published() == ["orders.order.created", "orders.order.completed"]


async def test_an_order_of_the_box_office_is_never_finished_online_nor_the_other_way_round() -> None:
    world = World()
    order = await sold(world)
    with pytest.raises(ReservationOrderedError):
        await world.place(world.buyer(), world.held_once(), None)
    with pytest.raises(OrderNotPayableError):
        await world.pay(world.buyer(), order.id, "CARD")
    online = World()
    await online.placed()
    with pytest.raises(ReservationOrderedError):
        await sold(online)
    assert (await online.only_order()).status is OrderStatus.AWAITING_PAYMENT


async def test_the_customer_of_a_sale_that_was_cut_off_cannot_have_it_for_nothing() -> None:
    world = World()
    world.ticketing.reachable = False
    with pytest.raises(LinkUnavailableError):
        await sold(world)
    world.ticketing.reachable = True
    assert (await world.only_order()).status is OrderStatus.PENDING
    with pytest.raises(ReservationOrderedError):
        await world.place(world.buyer(), world.held_once(), None)
    assert (await sold(world)).status is OrderStatus.CONFIRMED


async def test_cancelling_a_cash_sale_gives_things_back_and_says_what_to_return_by_hand() -> None:
    world = World()
    order = await sold(world)
    with pytest.raises(ForbiddenError):
        await world.cancel(world.buyer(), order.id)
    cancelled = await world.cancel(world.staff(Role.MANAGER), order.id)
    assert (cancelled.status, cancelled.cash_taken) == (OrderStatus.CANCELLED, None)
    assert cancelled.cash_to_return == Money(5_000, "EUR")
    told = f"50.00 EUR is to be returned by hand; by {world.staff().account_id}"
    assert [(entry.step, entry.detail) for entry in cancelled.history[-2:]] == [
        (Step.CASH_TO_RETURN, told), (Step.CANCELLED, told)
    ]  # fmt: skip
    world.deliver()
    assert state_of_seats(world) == "ended"
    assert world.payments.refunded == {}


async def test_a_hold_that_is_not_there_cannot_be_sold() -> None:
    world = World()
    await world.placed()
    with pytest.raises(RefusedError):
        await world.sell(world.staff(), Sale([HoldToOrder(world.held(world.buyer(2), 2).reservation_id)], CASH))


async def test_the_box_office_lists_its_own_orders_in_pages() -> None:
    world = World()
    await world.placed(world.buyer(9))
    orders: list[Order] = []
    for number in (2, 3, 4):
        customer = world.buyer(number)
        sale = Sale([world.held(customer, number, first=10 * number)], CASH, for_account=customer.account_id)
        orders.append(await world.sell(world.staff(), sale))
    first = await world.sold(world.staff(), PageRequest(limit=2))
    rest = await world.sold(world.staff(), PageRequest(limit=2, after=first.next_after))
    assert [*first.items, *rest.items] == orders
    assert rest.next_after is None

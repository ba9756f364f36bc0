"""Placing orders, reading them, and listing them."""

from uuid import UUID

import pytest

from core.orders.contact import Contact
from core.orders.content import SeatLine
from core.orders.errors import ContactRequiredError, OrderExpiredError, OrderNotFoundError
from core.orders.history import Step
from core.orders.statuses import OrderStatus
from core.shared.callers import Role
from core.shared.errors import DomainError
from core.shared.ids import OrderId, ReservationId
from core.shared.money import MixedCurrenciesError, Money
from ports.paging import PageRequest
from ports.published.orders import OrderCreated
from ports.published.refusals import RefusedError
from tests.orders_neighbours import Killed
from tests.orders_world import OTHER_TENANT, World
from usecases.orders.place_order import HoldToOrder


async def test_a_placed_order_awaits_its_payment_with_items_and_total() -> None:
    world = World()
    order = await world.placed()
    assert order.status is OrderStatus.AWAITING_PAYMENT
    assert order.total == Money(5_000, "EUR")
    assert order.content is not None
    assert [isinstance(item, SeatLine) and item.label for item in order.content.items] == ["R1S1", "R1S2"]
    assert (order.expires_at - world.clock.now()).total_seconds() == 900
    (event,) = world.messages.events
    told = event.decode(OrderCreated)
    assert (told.order_id, told.total_minor, told.expires_at) == (order.id, 5_000, order.expires_at)


async def test_the_seats_stay_reserved_for_as_long_as_the_order_may_be_paid() -> None:
    world = World()
    order = await world.placed()
    assert world.seating.reservations[order.reservation_ids[0]].until == order.expires_at


async def test_placing_the_same_reservation_again_answers_the_same_order() -> None:
    world = World()
    seats = world.held(world.buyer())
    first = await world.place(world.buyer(), [seats], None)
    assert await world.place(world.buyer(), [seats], None) == first
    assert world.published() == ["orders.order.created"]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
async def test_placing_again_heals_what_a_crash_cut_off(step: int) -> None:
    world = World()
    seats = world.held(world.buyer())
    world.life.dies_after = step
    with pytest.raises(Killed):
        await world.place(world.buyer(), [seats], None)
    order = await world.place(world.buyer(), [seats], None)
    assert order.status is OrderStatus.AWAITING_PAYMENT
    assert world.published() == ["orders.order.created"]
    page = await world.list(world.buyer(), PageRequest())
    assert page.items == (order,)


async def test_a_guest_must_give_an_address_and_an_account_need_not() -> None:
    world = World()
    guest = world.buyer(2, guest=True)
    with pytest.raises(ContactRequiredError):
        await world.place(guest, [world.held(guest)], None)
    order = await world.place(guest, [world.held(guest)], Contact("ann@example.org"))
    assert order.contact == Contact("ann@example.org")


async def test_somebody_elses_hold_cannot_be_ordered_and_stays_theirs() -> None:
    world = World()
    seats = world.held(world.buyer(1))
    with pytest.raises(RefusedError) as refused:
        await world.place(world.buyer(2), [seats], None)
    assert refused.value.refusal_code == "seating.not_holder"
    page = await world.list(world.buyer(2), PageRequest())
    assert [order.status for order in page.items] == [OrderStatus.CANCELLED]
    assert page.items[0].history[-1].step is Step.RESERVATION_REFUSED
    assert (await world.place(world.buyer(1), [seats], None)).status is OrderStatus.AWAITING_PAYMENT


async def test_an_expired_hold_cannot_be_ordered() -> None:
    world = World()
    seats = world.held(world.buyer())
    world.clock.advance(600)
    with pytest.raises(RefusedError, match="ended"):
        await world.place(world.buyer(), [seats], None)


async def test_a_reservation_that_does_not_exist_cannot_be_ordered() -> None:
    world = World()
    with pytest.raises(RefusedError) as refused:
        await world.place(world.buyer(), [HoldToOrder(ReservationId(UUID(int=404)))], None)
    assert refused.value.refusal_code == "seating.reservation_not_found"
    assert world.published() == ["orders.order.cancelled:cancelled"]


async def test_seats_in_two_currencies_are_refused_and_go_back() -> None:
    world = World()
    world.seating.currencies = ("EUR", "CHF")
    with pytest.raises(MixedCurrenciesError):
        await world.placed()
    world.deliver()
    assert world.published() == ["orders.order.cancelled:cancelled"]
    assert world.seating.owner_of(UUID(int=1)) is None


async def test_a_ticket_that_is_not_there_ends_the_order_and_gives_the_seats_back() -> None:
    world = World()
    world.ticketing.known = False
    with pytest.raises(DomainError):
        await world.placed()
    world.deliver()
    assert world.seating.owner_of(UUID(int=1)) is None


async def test_an_order_that_was_cut_off_and_forgotten_cannot_go_on_after_its_time() -> None:
    world = World()
    seats = world.held(world.buyer())
    world.life.dies_after = 2
    with pytest.raises(Killed):
        await world.place(world.buyer(), [seats], None)
    world.clock.advance(900)
    with pytest.raises(OrderExpiredError):
        await world.place(world.buyer(), [seats], None)
    assert await world.sweep() == 1
    world.deliver()
    assert world.seating.owner_of(UUID(int=1)) is None


async def test_an_order_is_there_for_its_buyer_and_for_those_who_sell() -> None:
    world = World()
    order = await world.placed(world.buyer(1))
    for caller in (world.buyer(1), world.staff(Role.BOX_OFFICE), world.staff(Role.OWNER)):
        assert await world.read(caller, order.id) == order
    for caller in (world.buyer(2), world.staff(Role.SCANNER), world.buyer(1, tenant_id=OTHER_TENANT)):
        with pytest.raises(OrderNotFoundError):
            await world.read(caller, order.id)


async def test_an_order_of_another_tenant_cannot_be_paid_or_cancelled() -> None:
    world = World()
    order = await world.placed(world.buyer(1))
    stranger = world.buyer(1, tenant_id=OTHER_TENANT)
    with pytest.raises(OrderNotFoundError):
        await world.pay(stranger, order.id, "CARD")
    with pytest.raises(OrderNotFoundError):
        await world.cancel(stranger, order.id)
    assert await world.now(order) == order


async def test_buyers_list_their_own_orders_and_staff_all_of_them_in_pages() -> None:
    world = World()
    orders = [
        await world.place(world.buyer(buyer), [world.held(world.buyer(buyer), number)], None)
        for number, buyer in enumerate([1, 2, 1], start=1)
    ]
    mine = await world.list(world.buyer(1), PageRequest())
    assert [order.id for order in mine.items] == [orders[0].id, orders[2].id]
    assert mine.next_after is None
    first = await world.list(world.staff(), PageRequest(limit=2))
    assert [order.id for order in first.items] == [orders[0].id, orders[1].id]
    rest = await world.list(world.staff(), PageRequest(limit=2, after=first.next_after))
    assert [order.id for order in rest.items] == [orders[2].id]
    assert rest.next_after is None
    assert (await world.list(world.buyer(1, tenant_id=OTHER_TENANT), PageRequest())).items == ()


async def test_an_order_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(OrderNotFoundError):
        await World().read(World().staff(), OrderId(UUID(int=404)))

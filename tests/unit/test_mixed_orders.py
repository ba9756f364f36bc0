"""Orders of several reservations: seats of one or more plans, and general admission, all of it or nothing."""

from dataclasses import replace
from typing import override
from uuid import UUID

import pytest

from core.orders.content import PlacesLine, SeatLine
from core.orders.errors import DuplicateReservationError, EmptyOrderError, ReservationOrderedError
from core.orders.history import Step
from core.orders.order import Order
from core.orders.reservations import ReservationKind
from core.orders.statuses import OrderStatus, RefundState
from core.shared.ids import ReservationId
from core.shared.money import MixedCurrenciesError, Money
from ports.paging import PageRequest
from ports.published.orders import OrderCancelled, OrderCompleted, OrderCreated
from ports.published.payments import PaymentMethod, PaymentStarted
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.ticketing import TicketOnSale
from tests.general_admission_neighbour import STANDING, GeneralAdmission, Places
from tests.orders_neighbours import TICKET, Killed, Payments, Reservation, Ticketing
from tests.orders_world import AWAY_TICKET, World
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import HoldToOrder
from usecases.orders.price_order import PriceOrder
from usecases.orders.reservations import Reservations

CREATED, COMPLETED = "orders.order.created", "orders.order.completed"
CANCELLED, EXPIRED, REFUNDED = (f"orders.order.cancelled:{why}" for why in ("cancelled", "expired", "refunded"))
FIRST_SEAT, AWAY_SEAT = UUID(int=1), UUID(int=9)


def nothing_is_taken(world: World) -> bool:
    return (
        world.seating.owner_of(FIRST_SEAT) is None
        and world.seating.owner_of(AWAY_SEAT) is None
        and world.general_admission.left == world.general_admission.quota
    )


def kept(world: World) -> list[Reservation | Places]:
    return [*world.seating.reservations.values(), *world.general_admission.reservations.values()]


def states(world: World) -> list[str]:
    return [each.state for each in kept(world)]


async def test_seats_of_two_plans_and_places_are_one_order_with_one_total() -> None:
    world = World()
    order = await world.placed_mix()
    assert order.status is OrderStatus.AWAITING_PAYMENT
    assert order.total == Money(2 * 2_500 + 3 * 1_500 + 2_500, "EUR")
    content = order.content
    assert content is not None
    assert [(type(item), item.quantity, item.ticket_id) for item in content.items] == [
        (SeatLine, 1, TICKET),
        (SeatLine, 1, TICKET),
        (PlacesLine, 3, STANDING),
        (SeatLine, 1, AWAY_TICKET),
    ]
    assert [item.reservation_id for item in content.items] == [order.reservation_ids[number] for number in (0, 0, 1, 2)]
    assert [ticket.event.title for ticket in content.tickets] == ["Home match", "Home match", "Away match"]
    assert content.event.title == "Home match"
    assert content.admissions == 6
    assert states(world) == ["reserved"] * 3
    told = world.messages.events[0].decode(OrderCreated)
    assert (told.reservation_ids, told.total_minor) == (order.reservation_ids, 12_000)


async def test_places_alone_can_be_ordered_by_the_bearer_of_their_token() -> None:
    world = World()
    hold = world.held_places(world.buyer(2))
    found = world.general_admission.reservations[hold.reservation_id]
    stranger = replace(found, holder=UUID(int=0xF00), hold_token="secret")
    world.general_admission.reservations[hold.reservation_id] = stranger
    with pytest.raises(RefusedError) as refused:
        await world.place(world.buyer(), [HoldToOrder(hold.reservation_id, "wrong", hold.kind)], None)
    assert refused.value.refusal_code == "ticketing.not_holder"
    order = await world.place(world.buyer(), [HoldToOrder(hold.reservation_id, "secret", hold.kind)], None)
    assert order.total == Money(4_500, "EUR")


@pytest.mark.parametrize("turn", [0, 1, 2])
async def test_the_same_holds_in_any_order_are_the_same_order(turn: int) -> None:
    world = World()
    holds = world.held_mix(world.buyer())
    order = await world.place(world.buyer(), holds, None)
    assert await world.place(world.buyer(), holds[turn:] + holds[:turn], None) == order
    assert world.published() == [CREATED]


@pytest.mark.parametrize("step", range(1, 6))
async def test_placing_again_goes_on_where_a_crash_cut_it_off(step: int) -> None:
    world = World()
    holds = world.held_mix(world.buyer())
    world.life.dies_after = step
    with pytest.raises(Killed):
        await world.place(world.buyer(), holds, None)
    order = await world.place(world.buyer(), list(reversed(holds)), None)
    assert order.status is OrderStatus.AWAITING_PAYMENT
    assert world.published() == [CREATED]
    assert (await world.list(world.buyer(), PageRequest())).items == (order,)


async def test_other_holds_that_overlap_with_a_live_order_are_refused_and_named() -> None:
    world = World()
    holds = world.held_mix(world.buyer())
    order = await world.place(world.buyer(), holds[:2], None)
    for wrong, pointers in (
        (holds, ["/reservations/0", "/reservations/1"]),
        (holds[:1], ["/reservations/0"]),
        ([holds[2], holds[1]], ["/reservations/1"]),
        ([HoldToOrder(holds[0].reservation_id, kind=ReservationKind.GENERAL_ADMISSION), holds[1]],
         ["/reservations/0", "/reservations/1"]),
    ):  # fmt: skip
        with pytest.raises(ReservationOrderedError) as refused:
            await world.place(world.buyer(), wrong, None)
        assert [problem.pointer for problem in refused.value.problems] == pointers
    assert await world.now(order) == order
    alone = await world.place(world.buyer(), holds[2:], None)
    assert alone.status is OrderStatus.AWAITING_PAYMENT


async def test_two_live_orders_are_not_joined_into_one() -> None:
    world = World()
    holds = world.held_mix(world.buyer())
    for hold in holds[:2]:
        await world.place(world.buyer(), [hold], None)
    with pytest.raises(ReservationOrderedError):
        await world.place(world.buyer(), holds[:2], None)


async def test_a_reservation_is_named_once_whatever_its_kind() -> None:
    world = World()
    hold = world.held(world.buyer())
    again = HoldToOrder(hold.reservation_id, kind=ReservationKind.GENERAL_ADMISSION)
    with pytest.raises(DuplicateReservationError) as refused:
        await world.place(world.buyer(), [hold, world.held_places(world.buyer()), again, hold], None)
    assert [problem.pointer for problem in refused.value.problems] == [
        "/reservations/2/reservationId",
        "/reservations/3/reservationId",
    ]
    with pytest.raises(EmptyOrderError):
        await world.place(world.buyer(), [], None)
    assert (await world.list(world.buyer(), PageRequest())).items == ()


@pytest.mark.parametrize("wrong", [0, 1, 2])
async def test_one_hold_that_cannot_be_had_frees_the_others_at_once_and_is_named(wrong: int) -> None:
    world = World()
    holds = world.held_mix(world.buyer())
    holds[wrong] = HoldToOrder(ReservationId(UUID(int=404)), kind=holds[wrong].kind)
    with pytest.raises(RefusedError) as refused:
        await world.place(world.buyer(), holds, None)
    assert refused.value.refusal_code.endswith(".reservation_not_found")
    assert [problem.pointer for problem in refused.value.problems] == [f"/reservations/{wrong}"]
    order = await world.only_order()
    assert (order.status, order.history[-1].step) == (OrderStatus.CANCELLED, Step.RESERVATION_REFUSED)
    assert order.history[-1].detail == refused.value.refusal_code
    assert states(world)[:wrong].count("reserved") == 0
    assert world.published() == [CANCELLED]


async def test_what_a_refused_order_reserved_is_freed_by_its_news_when_its_keeper_is_away() -> None:
    class Away(GeneralAdmission):
        @override
        async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
            raise LinkUnavailableError("ticketing")

    world = World()
    world.general_admission = Away(world.clock, world.life)
    world.reservations = Reservations(world.seating, world.general_admission, world.market)
    holds = [world.held_places(world.buyer()), HoldToOrder(ReservationId(UUID(int=404)))]
    with pytest.raises(RefusedError):
        await world.placing(world.transactions)(world.buyer(), holds, None)
    assert states(world) == ["reserved"]
    world.deliver()
    assert nothing_is_taken(world)


async def test_two_currencies_are_refused_and_everything_is_free_again() -> None:
    world = World()
    world.general_admission.currency = "CHF"
    with pytest.raises(MixedCurrenciesError):
        await world.placed_mix()
    assert nothing_is_taken(world)
    assert (await world.only_order()).status is OrderStatus.CANCELLED


async def test_a_ticket_that_is_not_there_frees_everything() -> None:
    world = World()
    world.ticketing.unknown = frozenset({STANDING})
    with pytest.raises(RefusedError) as refused:
        await world.placed_mix()
    assert refused.value.refusal_code == "ticketing.not_found"
    assert nothing_is_taken(world)


async def test_an_order_that_is_cancelled_while_it_is_placed_keeps_nothing() -> None:
    world = World()

    class CancelledMeanwhile(Ticketing):
        @override
        async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
            order = await world.only_order()
            if order.status is OrderStatus.CANCELLED:
                return await Ticketing.ticket(self, tenant_id=tenant_id, ticket_id=ticket_id)
            await world.cancel(world.buyer(), order.id)
            world.deliver()
            # A slower request for the same order reserves its seats after the news.
            seats = world.seating.reservations
            seats[holds[1].reservation_id] = replace(seats[holds[1].reservation_id], state="reserved")
            return await Ticketing.ticket(self, tenant_id=tenant_id, ticket_id=ticket_id)

    world.price = PriceOrder(CancelledMeanwhile(), world.charge, world.ids)
    holds = [world.held_places(world.buyer()), world.held(world.buyer())]
    order = await world.placing(world.transactions)(world.buyer(), holds, None)
    assert order.status is OrderStatus.CANCELLED
    assert nothing_is_taken(world)


async def test_paying_protects_every_reservation() -> None:
    world = World()
    order = await world.placed_mix()
    world.clock.advance(800)
    await world.pay(world.buyer(), order.id, "CARD")
    order = await world.now(order)
    assert {(each.until - order.expires_at).total_seconds() for each in kept(world)} == {60}


async def test_the_payment_says_how_many_and_for_what() -> None:
    world = World()
    order = await world.placed_mix()
    told: list[str] = []
    venues: list[tuple[UUID, ...]] = []

    class Listening(Payments):
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
            told.append(f"{description} {amount_minor} {currency}")
            venues.append(venue_ids)
            raise LinkUnavailableError("payments")

    pay = PayOrder(world.transactions, world.reservations, Listening(world.life), world.clock, world.terms)
    with pytest.raises(LinkUnavailableError):
        await pay(world.buyer(), order.id, "CARD")
    assert told == ["Home match and 1 more (6) 12000 EUR"]
    content = (await world.now(order)).content
    assert content is not None
    assert venues == [tuple(dict.fromkeys(ticket.event.venue_id for ticket in content.tickets))]


async def test_money_sells_everything_and_the_news_has_what_all_passes_need() -> None:
    world = World()
    order = await world.paid(await world.placed_mix())
    await world.confirm(world.succeeded(order), world.delivery())
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert states(world) == ["sold"] * 3
    told = world.messages.events[-1].decode(OrderCompleted)
    assert [(each.ticket_id, each.event_title) for each in told.tickets] == [
        (TICKET, "Home match"),
        (STANDING, "Home match"),
        (AWAY_TICKET, "Away match"),
    ]
    assert [(seat.ticket_id, seat.label) for seat in told.seats] == [
        (TICKET, "R1S1"),
        (TICKET, "R1S2"),
        (AWAY_TICKET, "R1S1"),
    ]
    assert order.content is not None
    assert [(each.order_item_id, each.ticket_id, each.quantity, each.price_minor) for each in told.places] == [
        (order.content.items[2].id, STANDING, 3, 1_500)
    ]


async def test_late_money_claims_everything_again_if_it_is_free() -> None:
    world = World()
    order = await world.placed_mix()
    world.clock.advance(900)
    assert await world.sweep() == 1
    world.deliver()
    assert nothing_is_taken(world)
    world.payments.status[order.id] = "succeeded"
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert [entry.step for entry in order.history][-3:] == [Step.PAID_LATE, Step.SEATS_RECLAIMED, Step.CONFIRMED]
    assert states(world) == ["sold"] * 3


async def lost(world: World, order: Order, what: str) -> None:
    """Somebody else buys a part of what the order had reserved."""
    if what == "places":
        world.general_admission.sell_out()
    else:
        world.seating.take_seats_of(order.reservation_ids[0 if what == "first seats" else 2])


@pytest.mark.parametrize("what", ["first seats", "places", "last seats"])
@pytest.mark.parametrize("swept", [True, False])
async def test_money_for_what_is_gone_in_part_goes_back_with_all_that_was_sold(what: str, swept: bool) -> None:
    world = World()
    order = await world.paid(await world.placed_mix())
    if swept:
        world.payments.status[order.id] = "open"
        world.clock.advance(900)
        assert await world.sweep() == 1
        world.deliver()
        world.payments.status[order.id] = "succeeded"
    else:
        world.clock.advance(961)
    await lost(world, order, what)
    await world.confirm(world.succeeded(order), world.delivery())
    order = await world.now(order)
    assert order.refund is RefundState.ASKED
    assert order.status is (OrderStatus.EXPIRED if swept else OrderStatus.CANCELLED)
    assert world.payments.refunded[order.id] == 1
    assert world.published() == [CREATED, *[EXPIRED] * swept, REFUNDED]
    assert world.messages.events[-1].decode(OrderCancelled).reservation_ids == order.reservation_ids
    world.deliver()
    ours = [world.seating.reservations[id].state for id in (order.reservation_ids[0], order.reservation_ids[2])]
    ours.append(world.general_admission.reservations[order.reservation_ids[1]].state)
    assert "sold" not in ours
    await world.on_refunded(world.refunded(order), world.delivery(2))
    assert world.published().count(REFUNDED) == 1


async def test_what_a_try_that_died_had_sold_is_given_back_when_the_amount_turns_out_wrong() -> None:
    world = World()
    order = await world.paid(await world.placed_mix())
    world.life.dies_after = world.life.steps + 3
    with pytest.raises(Killed):
        await world.settle(world.buyer().tenant_id, order.id)
    assert states(world).count("sold") == 2
    await world.confirm(world.succeeded(order, amount_minor=1), world.delivery())
    world.deliver()
    assert nothing_is_taken(world)
    assert (await world.now(order)).refund is RefundState.ASKED


async def test_what_is_sold_while_the_order_owes_its_money_already_is_given_back() -> None:
    world = World()
    order = await world.paid(await world.placed_mix())

    class Crossing(GeneralAdmission):
        @override
        async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
            if (await world.now(order)).refund is None:
                await world.confirm(world.succeeded(order, amount_minor=1), world.delivery())
                raise RefusedError("ticketing.sold_out", "gone")

    crossing = Crossing(world.clock, world.life, reservations=world.general_admission.reservations)
    settle = type(world.settle)(
        world.transactions,
        Reservations(world.seating, crossing, world.market),
        world.payments,
        world.clock,
        world.terms,
    )
    ended = await settle(world.buyer().tenant_id, order.id)
    assert ended.refund is RefundState.ASKED
    assert world.seating.reservations[order.reservation_ids[0]].state == "sold"
    world.deliver()
    assert nothing_is_taken(world)
    assert world.payments.refunded[order.id] == 1


async def test_a_keeper_that_is_away_lets_the_sale_be_tried_again() -> None:
    class Away(GeneralAdmission):
        @override
        async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
            raise LinkUnavailableError("ticketing")

    world = World()
    order = await world.paid(await world.placed_mix())
    away = Reservations(world.seating, Away(world.clock, world.life), world.market)
    settle = type(world.settle)(world.transactions, away, world.payments, world.clock, world.terms)
    with pytest.raises(LinkUnavailableError):
        await settle(world.buyer().tenant_id, order.id)
    assert (await world.now(order)).status is OrderStatus.AWAITING_PAYMENT
    await world.confirm(world.succeeded(order), world.delivery())
    assert (await world.now(order)).status is OrderStatus.CONFIRMED
    assert states(world) == ["sold"] * 3


async def test_a_payment_that_is_processing_protects_what_still_lives() -> None:
    world = World()
    order = await world.placed_mix()
    await world.pay(world.buyer(), order.id, "CARD")
    world.payments.status[order.id] = "processing"
    first, places = order.reservation_ids[:2]
    await world.seating.release(tenant_id=UUID(int=1), reservation_id=first, order_id=order.id)
    world.clock.advance(900)
    assert await world.sweep() == 1
    due_at = (await world.now(order)).due_at
    assert due_at is not None
    assert world.general_admission.reservations[places].until == world.terms.settled_by(due_at)


@pytest.mark.parametrize("how", ["cancelled", "refunded"])
async def test_cancelling_and_refunding_give_everything_back(how: str) -> None:
    world = World()
    order = await world.placed_mix()
    if how == "cancelled":
        await world.cancel(world.buyer(), order.id)
    else:
        await world.paid(order)
        await world.confirm(world.succeeded(order), world.delivery(1))
        world.deliver()
        assert world.general_admission.left == 7
        await world.on_refunded(world.refunded(order), world.delivery(2))
    world.deliver()
    assert nothing_is_taken(world)

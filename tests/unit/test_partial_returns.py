"""A part of a sale goes back: the rest stays sold, and whatever is told twice or late changes nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.ticketing import MemoryPlaces, MemoryTicketStore
from core.seating.errors import ReservationConflictError, ReservationExpiredError
from core.seating.ledger import Change, Happening, Picture, give_back, reclaim
from core.seating.reservations import Reservation, ReservationSeat, ReservationStatus
from core.seating.returns import give_back_some
from core.seating.seats import Available, Sold
from core.shared.holders import Holder
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, SectionId, TenantId, TicketId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesConflictError
from core.ticketing.general_admission import PlacesHappening
from core.ticketing.places import Claims, PlacesRequest, PlacesReservation, PlacesStatus, Stock
from ports.events import Delivery
from ports.published.orders import ItemsReturned, ReturnedPlaces
from tests.places_world import a_ga_ticket
from usecases.ticketing.on_items_returned import ReturnPlaces

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORDER, OTHER_ORDER = OrderId(UUID(int=1)), OrderId(UUID(int=2))
RESERVATION = ReservationId(UUID(int=3))
ONE, TWO, FOREIGN = (SeatId(UUID(int=0x10 + number)) for number in range(3))
TENANT = TenantId(UUID(int=0xA))


def sold(status: ReservationStatus = ReservationStatus.SOLD) -> tuple[Reservation, Picture]:
    seats = tuple(
        ReservationSeat(
            seat_id=seat_id,
            section_id=SectionId(UUID(int=5)),
            label="R1S1",
            section="Stalls",
            row="R1",
            number="1",
            column=1,
            price_minor=2_500,
        )
        for seat_id in (ONE, TWO)
    )
    reservation = Reservation(
        id=RESERVATION,
        plan_id=PlanId(UUID(int=6)),
        ticket_id=TicketId(UUID(int=7)),
        account_id=AccountId(UUID(int=8)),
        token_sha256=b"",
        status=status,
        seats=seats,
        currency="EUR",
        hold_ttl_s=600,
        held_at=NOON,
        ceiling_at=NOON,
        expires_at=NOON + timedelta(days=1),
        order_id=ORDER,
        sold_at=NOON,
    )
    return reservation, {ONE: Sold(RESERVATION), TWO: Sold(RESERVATION)}


def back(reservation: Reservation, seats: Picture, *seat_ids: SeatId) -> Change:
    return give_back_some(reservation, order_id=ORDER, seat_ids=frozenset(seat_ids), seats=seats, now=NOON)


def test_one_seat_goes_back_and_the_other_stays_sold() -> None:
    reservation, seats = sold()
    change = back(reservation, seats, ONE, FOREIGN)
    assert (change.what, change.seats) == (Happening.RETURNED, {ONE: Available()})
    after = change.reservation
    assert (after.status, after.returned, after.seats_count) == (ReservationStatus.SOLD, frozenset({ONE}), 1)
    now = {**seats, **change.seats}
    assert not back(after, now, ONE).happened
    assert give_back(after, order_id=ORDER, seats=now, now=NOON).seats == {TWO: Available()}


def test_with_its_last_seat_the_sale_ends_and_cannot_be_claimed_again() -> None:
    reservation, seats = sold()
    first = back(reservation, seats, ONE)
    last = back(first.reservation, {**seats, **first.seats}, TWO)
    assert (last.reservation.status, last.reservation.returned) == (ReservationStatus.RELEASED, frozenset())
    assert last.seats == {TWO: Available()}
    assert not back(last.reservation, {ONE: Available(), TWO: Available()}, ONE, TWO).happened
    with pytest.raises(ReservationExpiredError):
        reclaim(last.reservation, order_id=ORDER, seats=seats, now=NOON)


def test_a_seat_that_somebody_bought_since_is_left_alone() -> None:
    reservation, seats = sold()
    first = back(reservation, seats, ONE)
    resold = {**seats, ONE: Sold(ReservationId(UUID(int=99)))}
    assert not back(first.reservation, resold, ONE).happened
    assert give_back(first.reservation, order_id=ORDER, seats=resold, now=NOON).seats == {TWO: Available()}


def test_only_the_order_that_bought_the_seats_returns_them() -> None:
    reservation, seats = sold()
    with pytest.raises(ReservationConflictError):
        give_back_some(reservation, order_id=OTHER_ORDER, seat_ids={ONE}, seats=seats, now=NOON)
    with pytest.raises(ReservationConflictError):
        back(sold(ReservationStatus.RESERVED)[0], seats, ONE)


async def bought(quantity: int = 4) -> tuple[MemoryPlaces, PlacesReservation, ReturnPlaces]:
    tickets, clock = MemoryTicketStore(), MemoryClock(NOON)
    places, ticket = MemoryPlaces(tickets), a_ga_ticket()
    await tickets.add(TENANT, ticket)
    holder = Holder(AccountId(UUID(int=8)))
    wish = PlacesRequest(
        ticket_id=ticket.id,
        reservation_id=RESERVATION,
        quantity=quantity,
        holder=holder,
        new_token_sha256=b"",
        hold_ttl_s=600,
    )
    entry = (await places.hold(TENANT, wish, ticket=ticket, now=NOON)).reservation
    for rule in (
        lambda entry: general_admission.reserve(entry, by=holder, order_id=ORDER, until=NOON, now=NOON),
        lambda entry: general_admission.reclaim(entry, order_id=ORDER, now=NOON),
    ):
        entry = (await places.change(TENANT, RESERVATION, rule, now=NOON)).reservation
    return places, entry, ReturnPlaces(places, clock)


def told(remaining: int, *, order_id: OrderId = ORDER, reservation_id: ReservationId = RESERVATION) -> ItemsReturned:
    return ItemsReturned(
        order_id=order_id,
        refund_id=UUID(int=1),
        order_item_ids=(),
        units=(),
        places=(
            ReturnedPlaces(reservation_id=UUID(int=404), ticket_id=UUID(int=7), quantity=1, remaining=0),
            ReturnedPlaces(reservation_id=reservation_id, ticket_id=UUID(int=7), quantity=1, remaining=remaining),
        ),
        reason="customer_request",
        by=UUID(int=8),
    )


async def test_places_go_back_once_however_often_and_in_whatever_order_it_is_told() -> None:
    places, entry, returns = await bought(4)
    left: list[Stock] = []
    for remaining in (3, 3, 1, 2, 1, 0, 3, 0):
        await returns(told(remaining), Delivery(event_id=UUID(int=1), tenant_id=TENANT))
        left.append(await places.stock(TENANT, entry.ticket_id))
    assert [stock.sold for stock in left] == [3, 3, 1, 1, 1, 0, 0, 0]
    assert (await places.get(TENANT, RESERVATION)).status is PlacesStatus.RELEASED


async def test_places_of_another_order_stay() -> None:
    places, entry, returns = await bought(4)
    await returns(told(0, order_id=OTHER_ORDER), Delivery(event_id=UUID(int=1), tenant_id=TENANT))
    assert await places.get(TENANT, RESERVATION) == entry
    with pytest.raises(ValueError, match="organisation"):
        await returns(told(0), Delivery(event_id=UUID(int=1), tenant_id=None))


async def test_places_come_back_from_another_order_that_bought_them_of_the_first() -> None:
    places, entry, returns = await bought(4)
    event = told(3, order_id=OTHER_ORDER)
    passed_on = msgspec.structs.replace(event, places=(msgspec.structs.replace(event.places[1], sold_to=ORDER),))
    for _ in range(2):
        await returns(passed_on, Delivery(event_id=UUID(int=1), tenant_id=TENANT))
        assert (await places.stock(TENANT, entry.ticket_id)).sold == 3


async def test_the_rest_of_a_sale_goes_back_with_the_order() -> None:
    _, entry, _ = await bought(4)
    part = general_admission.give_back_some(entry, order_id=ORDER, remaining=3, now=NOON)
    assert (part.what, part.reservation.quantity, part.difference) == (PlacesHappening.RETURNED, 3, Claims(sold=-1))
    rest = general_admission.give_back(part.reservation, order_id=ORDER, now=NOON)
    assert rest.difference == Claims(sold=-3)
    with pytest.raises(PlacesConflictError):
        general_admission.give_back_some(entry, order_id=OTHER_ORDER, remaining=1, now=NOON)

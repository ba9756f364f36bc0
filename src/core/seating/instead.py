"""Other seats for an order that was paid when its own had gone: what that does to the ledger."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.seating.errors import ReservationConflictError, ReservationExpiredError, SeatTakenError, TakenSeat
from core.seating.ledger import Change, Happening, Picture
from core.seating.reservations import Reservation, ReservationSeat, ReservationStatus
from core.seating.seats import Available, SeatState, state_at
from core.shared.ids import OrderId, ReservationId, SeatId


def sell_instead(
    old: Reservation,
    *,
    reservation_id: ReservationId,
    seats: Sequence[ReservationSeat],
    order_id: OrderId,
    states: Picture,
    now: datetime,
) -> Change:
    """Sell other seats to the order of a reservation that has ended, under an id that is new; the old one stays ended.

    Raises as `must_be_replaceable`, and SeatTakenError when one of the seats is somebody's at this moment.
    """
    must_be_replaceable(old, order_id=order_id, now=now)
    sold: dict[SeatId, SeatState] = {}
    taken: list[TakenSeat] = []
    for index, seat in enumerate(seats):
        match state_at(states[seat.seat_id], now):
            case Available() as free:
                sold[seat.seat_id] = free.reclaim(by=reservation_id)
            case _:
                taken.append(TakenSeat(index, seat.section, seat.label))
    if taken:
        raise SeatTakenError.of(taken, outcome="No seat was sold.")
    new = replace(
        old,
        id=reservation_id,
        status=ReservationStatus.SOLD,
        seats=tuple(seats),
        held_at=now,
        ceiling_at=now,
        expires_at=now,
        sold_at=now,
    )
    return Change(new, Happening.SOLD, sold)


def must_be_replaceable(reservation: Reservation, *, order_id: OrderId, now: datetime) -> None:
    """Raise unless the reservation is this order's and has ended before its seats were sold.

    ReservationConflictError says that it lasts or is another order's, ReservationExpiredError that what it had was sold
    and given back.
    """
    if reservation.order_id != order_id:
        raise ReservationConflictError("The reservation does not belong to this order.")
    if not reservation.has_ended(now):
        raise ReservationConflictError("The reservation has its seats still.")
    if reservation.sold_at is not None:
        raise ReservationExpiredError("These seats were sold and given back. There are no others for them.")

"""A part of a sale goes back."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from core.seating.errors import ReservationConflictError
from core.seating.ledger import Change, Happening, Picture, give_back
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.seats import SeatState, Sold
from core.shared.ids import OrderId, SeatId


def give_back_some(
    reservation: Reservation, *, order_id: OrderId, seat_ids: Set[SeatId], seats: Picture, now: datetime
) -> Change:
    """Return single seats of a sale to the public; the others stay sold, and with the last one the sale ends.

    Seats that the reservation does not have (any more) are left alone.
    """
    if reservation.order_id != order_id:
        raise ReservationConflictError("The reservation does not belong to this order.")
    if reservation.has_ended(now):
        return Change(reservation)
    if reservation.status is not ReservationStatus.SOLD:
        raise ReservationConflictError("The seats are not sold, so there is nothing to return.")
    freed: dict[SeatId, SeatState] = {}
    for seat_id, state in seats.items():
        if seat_id in seat_ids and isinstance(state, Sold) and state.reservation_id == reservation.id:
            freed[seat_id] = state.give_back()
    if not freed:
        return Change(reservation)
    returned = reservation.returned | freed.keys()
    if returned == reservation.seat_ids:
        return give_back(reservation, order_id=order_id, seats=seats, now=now)
    return Change(replace(reservation, returned=returned), Happening.RETURNED, freed)

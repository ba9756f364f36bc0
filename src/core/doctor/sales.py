"""Orders beside what keeps seats and places: what is sold is somebody's order, and what an order has is sold to it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.doctor.facts import ItemFacts, Key, OrderFacts, OwnedSeatFacts, ReservationFacts
from core.doctor.findings import Drift, Finding, ids
from core.doctor.repairs import EndReservation, ExpirePlaces, ExpireSeats

type Kind = Literal["seats", "places"]
type Reservations = Mapping[Key, ReservationFacts]

_SOLD_WITHOUT = {"seats": Drift.SEATS_SOLD_WITHOUT_ORDER, "places": Drift.PLACES_SOLD_WITHOUT_ORDER}
_KEPT_WITHOUT = {"seats": Drift.SEATS_KEPT_WITHOUT_ORDER, "places": Drift.PLACES_KEPT_WITHOUT_ORDER}
_KEPT_TOO_LONG = {"seats": Drift.SEATS_KEPT_TOO_LONG, "places": Drift.PLACES_KEPT_TOO_LONG}


def sold_items(order: OrderFacts, seats: Reservations, places: Reservations) -> Iterator[Finding]:
    """Yield the items of a confirmed order that are not sold to it."""
    if not order.is_confirmed:
        return
    for item in order.items:
        if not item.left:
            continue
        key = Key(order.key.tenant_id, item.reservation_id)
        entry = places.get(key) if item.seat_id is None else seats.get(key)
        wrong = _wrong_with(item, entry)
        if wrong:
            seated = item.seat_id is not None
            yield Finding(
                kind=Drift.SEAT_OF_ORDER_NOT_SOLD if seated else Drift.PLACES_OF_ORDER_NOT_SOLD,
                key=order.key,
                ids=ids(order=order.key.id, item=item.id, seat=item.seat_id, reservation=item.reservation_id),
                since=order.touched_at,
                cause=f"The order is confirmed, and {wrong}.",
                staff="Offer the buyer as good a place, or refund the item; nobody else's sale is undone by itself.",
            )


def _wrong_with(item: ItemFacts, entry: ReservationFacts | None) -> str:
    if entry is None:
        return "its reservation is not there"
    if not entry.is_sold or entry.order_id != item.sold_to:
        return f"its reservation is {entry.status}, of order {entry.order_id}"
    if item.seat_id is None:
        short = entry.quantity < len(item.left) and not item.resold
        return f"its reservation has {entry.quantity} places left instead of {len(item.left)}" if short else ""
    seat = next((each for each in entry.seats if each.id == item.seat_id), None)
    if seat is None:
        return "its reservation does not have the seat"
    if seat.status != "SOLD" or seat.reservation_id != entry.key.id:
        return f"the seat is {seat.status}, of reservation {seat.reservation_id}"
    return ""


def kept_for_orders(
    entry: ReservationFacts, order: OrderFacts | None, *, kind: Kind, now: datetime
) -> Iterator[Finding]:
    """Yield what is wrong with an entry that keeps seats or places: its order, or its time."""
    named = ids(reservation=entry.key.id, order=entry.order_id)
    if entry.is_sold and entry.order_id is not None and not (order is not None and _has(order)):
        repair = None
        if order is not None and order.is_called_off:
            repair = EndReservation(kind, entry.order_id, entry.key.id, refunded=True)
        yield Finding(
            kind=_SOLD_WITHOUT[kind],
            key=entry.key,
            ids=named,
            since=_later(entry, order),
            cause=f"It is sold to an order that is {_told(order)}.",
            repair=repair,
            staff="Find out whether the buyer paid and was admitted; refund the order, or return its items.",
        )
    elif entry.is_timed and now >= entry.expires_at:
        yield Finding(
            kind=_KEPT_TOO_LONG[kind],
            key=entry.key,
            ids=named,
            since=entry.expires_at,
            cause=f"Its time is over, and it is still {entry.status}: no sweep has found it.",
            repair=ExpireSeats(entry.key.id) if kind == "seats" else ExpirePlaces(entry.ticket_id),
        )
    elif entry.status == "RESERVED" and entry.order_id is not None and not _wants(order):
        yield Finding(
            kind=_KEPT_WITHOUT[kind],
            key=entry.key,
            ids=named,
            since=_later(entry, order),
            cause=f"It is kept for an order that is {_told(order)}.",
            repair=EndReservation(kind, entry.order_id, entry.key.id, refunded=False),
        )


def seats_of_entry(entry: ReservationFacts, *, now: datetime) -> Iterator[Finding]:
    """Yield the seats that an entry has by the ledger, and that say something else of themselves.

    It has what was sold to it, and until its time is over what it holds: later holds may have the seats from then on.
    """
    lasts = entry.is_timed and now < entry.expires_at
    for seat in entry.seats:
        owned = seat.reservation_id == entry.key.id and seat.status == entry.status
        if (lasts or seat.sold) and not owned:
            yield _contradiction(
                Key(entry.key.tenant_id, seat.id),
                reservation_id=entry.key.id,
                since=entry.touched_at,
                cause=f"It is {seat.status}, of reservation {seat.reservation_id}, and the ledger gives it to one that "
                f"is {entry.status}.",
            )


def owner_of_seat(seat: OwnedSeatFacts) -> Iterator[Finding]:
    """Yield a seat that names a reservation which does not have it by the ledger."""
    is_sold = seat.status == "SOLD"
    if seat.entry_status != seat.status or seat.sold is not is_sold:
        yield _contradiction(
            seat.key,
            reservation_id=seat.reservation_id,
            since=seat.touched_at,
            cause=f"It is {seat.status}, and by the ledger its reservation ({seat.entry_status or 'not there'}) does "
            "not have it.",
        )


def _contradiction(key: Key, *, reservation_id: UUID, since: datetime | None, cause: str) -> Finding:
    return Finding(
        kind=Drift.SEATS_CONTRADICT_LEDGER,
        key=key,
        ids=ids(seat=key.id, reservation=reservation_id),
        since=since,
        cause=cause,
        staff="Compare with orders and passes: whoever paid has the seat. If there are many, restore from a backup.",
    )


def _has(order: OrderFacts) -> bool:
    """Whether what is sold to the order is rightly so; what was resold stays sold to whoever had it first."""
    return order.is_confirmed or order.has_resold


def _wants(order: OrderFacts | None) -> bool:
    """Whether the order lives: a confirmed one may be selling what it reserved at this moment."""
    return order is not None and (order.is_unpaid or order.is_confirmed)


def _told(order: OrderFacts | None) -> str:
    if order is None:
        return "not there"
    return order.status if order.refund is None else f"{order.status} with its refund {order.refund}"


def _later(entry: ReservationFacts, order: OrderFacts | None) -> datetime:
    return entry.touched_at if order is None else max(entry.touched_at, order.touched_at)

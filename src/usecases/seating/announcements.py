"""The events of the ledger, made from what changed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from core.seating.ledger import Change, Happening
from core.seating.reservations import Reservation
from ports.events import Event
from ports.published.seating import (
    EndedHold,
    HoldExtended,
    HoldReleased,
    HoldsExpired,
    NewHold,
    ReservationMade,
    SeatsHeld,
    SeatsReturned,
    SeatsSold,
)
from ports.seating import Ended, SeatingTransaction


async def save_and_announce(tx: SeatingTransaction, changes: Iterable[Change], *, now: datetime) -> int:
    """Store the changes that happened and put their events beside them; return how many there were."""
    happened = [change for change in changes if change.happened]
    if happened:
        await tx.seats.save(happened)
    for change in happened:
        await announce(tx, change, now=now)
    return len(happened)


async def announce(tx: SeatingTransaction, change: Change, *, now: datetime) -> None:
    """Put the event of a stored change into the outbox; a repeated command has none."""
    if change.happened:
        await tx.outbox.add(_event_of(change), subject=change.reservation.id, at=now)


def _event_of(change: Change) -> Event:
    entry = change.reservation
    seat_ids: tuple[UUID, ...] = tuple(sorted(change.seats))
    match change.what:
        case Happening.HELD:
            hold = NewHold(reservation_id=entry.id, seat_ids=seat_ids, expires_at=entry.expires_at)
            return SeatsHeld(plan_id=entry.plan_id, holds=(hold,))
        case Happening.EXTENDED:
            return HoldExtended(reservation_id=entry.id, plan_id=entry.plan_id, expires_at=entry.expires_at)
        case Happening.RESERVED:
            return ReservationMade(
                reservation_id=entry.id,
                plan_id=entry.plan_id,
                order_id=_order_of(entry),
                expires_at=entry.expires_at,
            )
        case Happening.SOLD:
            return SeatsSold(
                reservation_id=entry.id, plan_id=entry.plan_id, order_id=_order_of(entry), seat_ids=seat_ids
            )
        case Happening.RETURNED:
            return SeatsReturned(
                reservation_id=entry.id, plan_id=entry.plan_id, order_id=_order_of(entry), seat_ids=seat_ids
            )
        case Happening.RELEASED:
            return HoldReleased(reservation_id=entry.id, plan_id=entry.plan_id, seat_ids=seat_ids)
        case Happening.EXPIRED:
            return _expired(entry.plan_id, [EndedHold(reservation_id=entry.id, seat_ids=seat_ids)])
        case Happening.NOTHING:
            raise ValueError("nothing happened, so there is nothing to announce")


async def announce_ends(tx: SeatingTransaction, ended: Iterable[Ended], *, now: datetime) -> None:
    """Put one event for each plan into the outbox, with all of its reservations that were tidied up."""
    by_plan: defaultdict[UUID, list[EndedHold]] = defaultdict(list)
    for each in ended:
        by_plan[each.plan_id].append(EndedHold(reservation_id=each.reservation_id, seat_ids=each.seat_ids))
    for plan_id, holds in by_plan.items():
        await tx.outbox.add(_expired(plan_id, holds), subject=plan_id, at=now)


def _expired(plan_id: UUID, holds: Iterable[EndedHold]) -> HoldsExpired:
    return HoldsExpired(plan_id=plan_id, holds=tuple(holds))


def _order_of(entry: Reservation) -> UUID:
    if entry.order_id is None:
        raise ValueError(f"reservation {entry.id} is {entry.status} without an order")
    return entry.order_id

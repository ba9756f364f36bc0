"""Give back single seats of a sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.seating.blocking import AuditLine, Deed
from core.seating.errors import ReservationConflictError
from core.seating.ledger import Change
from core.seating.returns import give_back_some
from core.shared.ids import AccountId, OrderId, ReservationId, SeatId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.orders import ItemsReturned
from ports.seating import Entry, SeatingTransactions
from usecases.seating.announcements import save_and_announce


@dataclass(frozen=True, slots=True)
class ReturnSeats:
    """Consumes `orders.items.returned`: the seats are free at once, the others of the reservation stay sold.

    A line in the audit of each seat says who gave it back, and why.
    """

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, event: ItemsReturned, delivery: Delivery) -> None:
        """Give back what the order still has; reservations that are gone, or another order's, are left alone."""
        if delivery.tenant_id is None:
            raise ValueError("seats are always some organisation's")
        if not event.seats:
            return
        now = self.clock.now()
        wanted = {ReservationId(each.reservation_id): frozenset(map(SeatId, each.seat_ids)) for each in event.seats}
        sold_to = {ReservationId(each.reservation_id): OrderId(each.sold_to or event.order_id) for each in event.seats}
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="seating.return_seats", at=now):
                return
            changes: list[Change] = []
            for entry in await tx.seats.lock_all(list(wanted), wait=True):
                id = entry.reservation.id
                changes += _given_back(entry, sold_to[id], wanted[id], now=now)
            await save_and_announce(tx, changes, now=now)
            for change in changes:
                await tx.blocks.note(change.reservation.plan_id, _lines(change, event, now=now))


def _given_back(entry: Entry, order_id: OrderId, seat_ids: frozenset[SeatId], *, now: datetime) -> Sequence[Change]:
    try:
        change = give_back_some(entry.reservation, order_id=order_id, seat_ids=seat_ids, seats=entry.seats, now=now)
    except ReservationConflictError:
        return []
    return [change] if change.happened else []


def _lines(change: Change, event: ItemsReturned, *, now: datetime) -> Sequence[AuditLine]:
    return [
        AuditLine(seat_id=id, what=Deed.RETURNED, by=AccountId(event.by), at=now, reason=event.reason, until=None)
        for id in change.seats
    ]

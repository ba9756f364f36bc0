"""Give back the seats of an order that ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.seating import ledger
from core.seating.errors import ReservationConflictError
from core.seating.ledger import Change
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from ports.seating import Entry, SeatingTransactions
from usecases.seating.announcements import save_and_announce


@dataclass(frozen=True, slots=True)
class ReleaseCancelledOrder:
    """Consumes `orders.order.cancelled`. Sold seats come back only when the order was refunded."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Give back what the order still has; reservations that are gone, or another order's, are left alone."""
        if delivery.tenant_id is None:
            return
        now = self.clock.now()
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="seating.release_cancelled_order", at=now):
                return
            ids = [ReservationId(id) for id in event.reservation_ids]
            entries = await tx.seats.lock_all(ids, wait=True)
            changes = _given_back(entries, OrderId(event.order_id), refunded=event.reason == "refunded", now=now)
            await save_and_announce(tx, changes, now=now)


def _given_back(entries: Sequence[Entry], order_id: OrderId, *, refunded: bool, now: datetime) -> Iterator[Change]:
    rule = ledger.give_back if refunded else ledger.release
    for entry in entries:
        try:
            yield rule(entry.reservation, order_id=order_id, seats=entry.seats, now=now)
        except ReservationConflictError:
            continue

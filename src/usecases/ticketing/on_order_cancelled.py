"""Give back the places of an order that ended."""

from dataclasses import dataclass
from functools import partial

from core.shared.ids import OrderId, ReservationId, TenantId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesConflictError, PlacesNotFoundError
from ports.clock import Clock
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from ports.ticketing import PlacesLedger


@dataclass(frozen=True, slots=True)
class ReleaseCancelledPlaces:
    """Consumes `orders.order.cancelled`. Sold places come back only when the order was refunded.

    There is no inbox, and none is needed: an entry that has ended stays as it is, and places that were given back are
    never sold again under their old id, so the same event a second time finds nothing to do.
    """

    places: PlacesLedger
    clock: Clock

    async def __call__(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Give back what the order still has; reservations of seats, or another order's, are left alone."""
        if delivery.tenant_id is None:
            return
        now = self.clock.now()
        rule = general_admission.give_back if event.reason == "refunded" else general_admission.release
        of_order = partial(rule, order_id=OrderId(event.order_id), now=now)
        for reservation_id in event.reservation_ids:
            try:
                await self.places.change(TenantId(delivery.tenant_id), ReservationId(reservation_id), of_order, now=now)
            except (PlacesNotFoundError, PlacesConflictError):
                continue

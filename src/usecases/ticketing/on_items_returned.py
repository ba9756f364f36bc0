"""Give back some places of a sale."""

from dataclasses import dataclass
from functools import partial

from core.shared.ids import OrderId, ReservationId, TenantId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesConflictError, PlacesNotFoundError
from ports.clock import Clock
from ports.events import Delivery
from ports.published.orders import ItemsReturned
from ports.ticketing import PlacesLedger


@dataclass(frozen=True, slots=True)
class ReturnPlaces:
    """Consumes `orders.items.returned`.

    There is no inbox, and none is needed: the event says how many places are left to the buyer, and an entry that has
    as many or fewer stays as it is, so events may come twice and in any order.
    """

    places: PlacesLedger
    clock: Clock

    async def __call__(self, event: ItemsReturned, delivery: Delivery) -> None:
        """Give back what the order still has; entries that are gone, or another order's, are left alone."""
        if delivery.tenant_id is None:
            raise ValueError("places are always some organisation's")
        now = self.clock.now()
        for each in event.places:
            sold_to = OrderId(each.sold_to or event.order_id)
            rule = partial(general_admission.give_back_some, order_id=sold_to, remaining=each.remaining, now=now)
            try:
                await self.places.change(
                    TenantId(delivery.tenant_id), ReservationId(each.reservation_id), rule, now=now
                )
            except (PlacesNotFoundError, PlacesConflictError):
                continue

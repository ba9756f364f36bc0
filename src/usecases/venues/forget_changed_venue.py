"""Forget what is remembered of a venue that was changed."""

from dataclasses import dataclass

from core.shared.ids import TenantId, VenueId
from ports.events import Delivery
from ports.published.venues import VenueDeleted, VenueSettingsChanged, VenueUpdated
from ports.venues import RememberedVenues


@dataclass(frozen=True, slots=True)
class ForgetChangedVenue:
    """Consumer of every change of a venue. Whoever changed it did this already, unless they died on the way.

    Repeating it does no harm, so it has no inbox.
    """

    remembered: RememberedVenues

    async def __call__(self, event: VenueUpdated | VenueDeleted | VenueSettingsChanged, delivery: Delivery) -> None:
        """Have the venue read anew."""
        if delivery.tenant_id is None:
            raise ValueError(f"{event.event_type} {delivery.event_id} names no tenant")
        await self.remembered.forget(TenantId(delivery.tenant_id), VenueId(event.venue_id))

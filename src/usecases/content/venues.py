"""Whether a venue is there, asked of its own context."""

from core.content.errors import ContentVenueNotFoundError
from core.shared.ids import TenantId, VenueId
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi


async def must_be_venue(venues: VenuesApi, *, tenant_id: TenantId, venue_id: VenueId) -> None:
    """Raise ContentVenueNotFoundError unless the organisation has the venue."""
    try:
        await venues.venue(tenant_id=tenant_id, venue_id=venue_id)
    except RefusedError as error:
        if error.refusal_code != "venues.not_found":
            raise
        raise ContentVenueNotFoundError from error

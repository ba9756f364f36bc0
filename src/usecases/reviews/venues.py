"""Whether there is a venue, asked of its own context."""

from core.reviews.errors import ReviewVenueNotFoundError
from core.shared.ids import TenantId, VenueId
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi


async def must_be_a_venue(venues: VenuesApi, *, tenant_id: TenantId, venue_id: VenueId) -> None:
    """Raise ReviewVenueNotFoundError for no venue, a deleted one, or another tenant's."""
    try:
        await venues.venue(tenant_id=tenant_id, venue_id=venue_id)
    except RefusedError as error:
        if error.refusal_code != "venues.not_found":
            raise
        raise ReviewVenueNotFoundError from error

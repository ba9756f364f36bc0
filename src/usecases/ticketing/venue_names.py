"""The name of a venue, asked of its own context."""

from core.shared.ids import TenantId, VenueId
from core.ticketing.errors import TicketVenueNotFoundError
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi


async def venue_name(venues: VenuesApi, *, tenant_id: TenantId, venue_id: VenueId) -> str:
    """Return the venue's present name; raises TicketVenueNotFoundError for none, or another tenant's."""
    try:
        venue = await venues.venue(tenant_id=tenant_id, venue_id=venue_id)
    except RefusedError as error:
        if error.refusal_code != "venues.not_found":
            raise
        raise TicketVenueNotFoundError from error
    return venue.name

"""The venue that a connected account is for, asked of its own context."""

from core.payments.errors import AccountVenueNotFoundError
from core.shared.ids import TenantId, VenueId
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi, VenueSummary


async def venue_of_account(venues: VenuesApi, *, tenant_id: TenantId, venue_id: VenueId) -> VenueSummary:
    """Return the venue; raises AccountVenueNotFoundError for none, a deleted one, or another tenant's."""
    try:
        return await venues.venue(tenant_id=tenant_id, venue_id=venue_id)
    except RefusedError as error:
        if error.refusal_code != "venues.not_found":
            raise
        raise AccountVenueNotFoundError from error

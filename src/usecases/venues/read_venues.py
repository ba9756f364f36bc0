"""Read venues."""

from dataclasses import dataclass

from core.shared.ids import TenantId, VenueId
from core.venues.layout import VenueSection
from core.venues.settings import VenueSettings
from core.venues.venue import Venue
from ports.paging import Page, PageRequest
from ports.venues import VenueTransactions


@dataclass(frozen=True, slots=True)
class ReadVenues:
    """Open to everybody in the tenant, fans too: where things happen is no secret."""

    transactions: VenueTransactions

    async def one(self, venue_id: VenueId, *, tenant_id: TenantId) -> Venue:
        """Return the venue; raises VenueNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.venues.get(venue_id)

    async def with_settings(self, venue_id: VenueId, *, tenant_id: TenantId) -> tuple[Venue, VenueSettings]:
        """Return the venue and its settings, for what is sold there; raises VenueNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.venues.get(venue_id), await tx.settings.of_venue(venue_id)

    async def page(self, page: PageRequest, *, tenant_id: TenantId) -> Page[Venue]:
        """Return a page of venues, oldest first."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.venues.page(page)

    async def sections(self, venue_id: VenueId, *, tenant_id: TenantId) -> tuple[VenueSection, ...]:
        """Return the venue's layout by display order; raises VenueNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            await tx.venues.get(venue_id)
            return await tx.sections.of_venue(venue_id)

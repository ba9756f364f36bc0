"""Read venues."""

from dataclasses import dataclass

from core.shared.ids import TenantId, VenueId
from core.venues.layout import VenueSection
from core.venues.venue import Venue
from ports.paging import Page, PageRequest
from ports.venues import RememberedVenues, VenueAsSet, VenueTransactions


@dataclass(frozen=True, slots=True)
class ReadVenues:
    """Open to everybody in the tenant, fans too: where things happen is no secret."""

    transactions: VenueTransactions
    remembered: RememberedVenues

    async def one(self, venue_id: VenueId, *, tenant_id: TenantId, fresh: bool) -> Venue:
        """Return the venue, as it is now where that is asked for (`fresh`), else as it was a moment ago.

        Raises VenueNotFoundError.
        """
        if not fresh:
            return (await self.with_settings(venue_id, tenant_id=tenant_id)).venue
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.venues.get(venue_id)

    async def with_settings(self, venue_id: VenueId, *, tenant_id: TenantId) -> VenueAsSet:
        """Return the venue and its settings a moment ago, for what is sold there; raises VenueNotFoundError."""

        async def load() -> VenueAsSet:
            async with self.transactions.begin(tenant_id) as tx:
                return VenueAsSet(await tx.venues.get(venue_id), await tx.settings.of_venue(venue_id))

        return await self.remembered.of(tenant_id, venue_id, load)

    async def page(self, page: PageRequest, *, tenant_id: TenantId) -> Page[Venue]:
        """Return a page of venues, oldest first."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.venues.page(page)

    async def sections(self, venue_id: VenueId, *, tenant_id: TenantId) -> tuple[VenueSection, ...]:
        """Return the venue's layout by display order; raises VenueNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            await tx.venues.get(venue_id)
            return await tx.sections.of_venue(venue_id)

"""Look through the pages of a venue."""

from dataclasses import dataclass, replace

from core.content.page import Page
from core.shared.callers import STAFF, Caller
from core.shared.ids import VenueId
from ports.content import PageFilter, PageStore
from ports.paging import Page as Slice
from ports.paging import PageRequest
from ports.published.venues import VenuesApi
from usecases.content.venues import must_be_venue


@dataclass(frozen=True, slots=True)
class ListPages:
    """Open to everyone in the tenant, in the order the pages were made in; fans find what is published.

    Staff also find drafts, by what they say too. Raises ContentVenueNotFoundError.
    """

    pages: PageStore
    venues: VenuesApi

    async def __call__(
        self, caller: Caller, venue_id: VenueId, wanted: PageFilter, request: PageRequest
    ) -> Slice[Page]:
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        seen = replace(wanted, published_only=caller.role not in STAFF)
        return await self.pages.page(caller.tenant_id, venue_id, seen, request)

"""Look through the files of a venue, and at the views from its seats."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.content.media import Media, MediaKind, nearest_first, section_key
from core.shared.callers import STAFF, Caller
from core.shared.ids import VenueId
from ports.content import MediaStore
from ports.paging import Page as Slice
from ports.paging import PageRequest
from ports.published.venues import VenuesApi
from usecases.content.venues import must_be_venue

_VIEWS_LOOKED_AT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ListMedia:
    """Staff, in the order the files came in. Raises ContentVenueNotFoundError."""

    media: MediaStore
    venues: VenuesApi

    async def __call__(
        self, caller: Caller, venue_id: VenueId, request: PageRequest, *, kind: MediaKind | None
    ) -> Slice[Media]:
        caller.must_be_one_of(STAFF)
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        return await self.media.page(caller.tenant_id, venue_id, request, kind=kind)


@dataclass(frozen=True, slots=True)
class ListViews:
    """Open to everyone in the tenant: views from the seats of a section, nearest to the row first; or all there are.

    Raises ContentVenueNotFoundError; a section that no view is from has none.
    """

    media: MediaStore
    venues: VenuesApi

    async def __call__(
        self, caller: Caller, venue_id: VenueId, *, section: str | None, row: str | None, views_max: int
    ) -> Sequence[Media]:
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        views = await self.media.views(
            caller.tenant_id,
            venue_id,
            section_key=None if section is None else section_key(section),
            views_max=_VIEWS_LOOKED_AT_MAX,
        )
        return nearest_first(views, row=row)[:views_max]

"""Look through the files of a venue, and at the views from its seats."""

from dataclasses import dataclass

from core.content.media import Media, MediaKind, Nearness, nearest_first, section_key
from core.shared.callers import STAFF, Caller
from core.shared.ids import VenueId
from ports.content import MediaStore
from ports.paging import Page as Slice
from ports.paging import PageRequest
from ports.published.venues import VenuesApi
from usecases.content.venues import must_be_venue

VIEWS_LOOKED_AT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ViewPage:
    """Views from seats, the nearest first; `next_after` is None on the last page."""

    items: tuple[Media, ...]
    next_after: Nearness | None


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

    The VIEWS_LOOKED_AT_MAX that were made first are looked at. Raises ContentVenueNotFoundError; a section that no view
    is from has none.
    """

    media: MediaStore
    venues: VenuesApi

    async def __call__(
        self,
        caller: Caller,
        venue_id: VenueId,
        *,
        section: str | None,
        row: str | None,
        views_max: int,
        after: Nearness | None = None,
    ) -> ViewPage:
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        views = await self.media.views(
            caller.tenant_id,
            venue_id,
            section_key=None if section is None else section_key(section),
            views_max=VIEWS_LOOKED_AT_MAX,
        )
        found = [each for each in nearest_first(views, row=row) if after is None or Nearness.of(each, row=row) > after]
        items = tuple(found[:views_max])
        return ViewPage(items, Nearness.of(items[-1], row=row) if len(found) > views_max else None)

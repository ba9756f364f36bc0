"""Begin a page of a venue."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.content.kinds import PageKind
from core.content.page import Page, Translation
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PageId, VenueId
from ports.clock import Clock
from ports.content import PageStore
from ports.ids import IdSource
from ports.published.venues import VenuesApi
from usecases.content.media_check import MediaCheck
from usecases.content.venues import must_be_venue


@dataclass(frozen=True, slots=True)
class NewPage:
    """The page as it is asked for; its languages are tags of BCP 47."""

    kind: PageKind
    default_language: str
    translations: Mapping[str, Translation]


@dataclass(frozen=True, slots=True)
class CreatePage:
    """Owners and managers. The page is a draft until it is published; the venue must be the organisation's own.

    Raises ContentVenueNotFoundError, and InvalidPageError with every fault.
    """

    pages: PageStore
    media: MediaCheck
    venues: VenuesApi
    ids: IdSource
    clock: Clock

    async def __call__(self, caller: Caller, venue_id: VenueId, new: NewPage) -> Page:
        caller.must_be_one_of(MANAGERS)
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        page = Page.new(
            PageId(self.ids.new()),
            venue_id=venue_id,
            kind=new.kind,
            default_language=new.default_language,
            translations=new.translations,
            by=caller.account_id,
            now=self.clock.now(),
        )
        await self.media(caller.tenant_id, venue_id, page.edited)
        await self.pages.add(caller.tenant_id, page)
        return page

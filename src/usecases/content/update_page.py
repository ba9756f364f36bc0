"""Change the draft of a page."""

from dataclasses import dataclass

from core.content.page import Page, PageChange
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PageId
from ports.clock import Clock
from ports.content import PageStore
from usecases.content.media_check import MediaCheck
from usecases.content.versions import page_at


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """Owners and managers, who name the version they read. What is published stays as it is until the next publication.

    Raises PageNotFoundError, StaleVersionError and InvalidPageError.
    """

    pages: PageStore
    media: MediaCheck
    clock: Clock

    async def __call__(self, caller: Caller, page_id: PageId, change: PageChange, *, expected_version: int) -> Page:
        caller.must_be_one_of(MANAGERS)
        before = await page_at(self.pages, caller.tenant_id, page_id, expected_version)
        after = before.changed(change, now=self.clock.now())
        await self.media(caller.tenant_id, after.venue_id, after.edited)
        await self.pages.save(caller.tenant_id, after, expected_version=before.version)
        return after

"""Show a page to everybody."""

from dataclasses import dataclass
from datetime import datetime

from core.content.errors import MediaGoneError
from core.content.page import Page
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PageId, TenantId
from ports.clock import Clock
from ports.content import MediaStore, PageStore
from usecases.content.versions import page_at


@dataclass(frozen=True, slots=True)
class PublishPage:
    """Owners and managers. The draft becomes the next edition; without a draft a published page stays as it is.

    Raises PageNotFoundError, StaleVersionError when the page is not as its sender read it, and MediaGoneError.
    """

    pages: PageStore
    media: MediaStore
    clock: Clock

    async def __call__(self, caller: Caller, page_id: PageId, *, expected_version: int | None) -> Page:
        caller.must_be_one_of(MANAGERS)
        before = await page_at(self.pages, caller.tenant_id, page_id, expected_version)
        now = self.clock.now()
        after = before.publish(by=caller.account_id, now=now)
        if after is not before:
            await self._keep_media(caller.tenant_id, after, now=now)
            await self.pages.save(caller.tenant_id, after, expected_version=before.version)
        return after

    async def _keep_media(self, tenant_id: TenantId, page: Page, *, now: datetime) -> None:
        """Pin what the page is about to show, so that nobody deletes it before the page shows it."""
        shown = page.shown.media_ids if page.shown is not None else ()
        gone = await self.media.pin(tenant_id, page.venue_id, shown, page.id, now=now)
        if gone:
            raise MediaGoneError(gone)

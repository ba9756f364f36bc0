"""Take a page from everybody's sight."""

from dataclasses import dataclass

from core.content.page import Page
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PageId
from ports.clock import Clock
from ports.content import PageStore
from usecases.content.versions import page_at


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """Owners and managers. Staff still find the page, with every edition of it, and may publish it again.

    Raises PageNotFoundError, PageStepError for what was never published, and StaleVersionError.
    """

    pages: PageStore
    clock: Clock

    async def __call__(self, caller: Caller, page_id: PageId, *, expected_version: int | None) -> Page:
        caller.must_be_one_of(MANAGERS)
        before = await page_at(self.pages, caller.tenant_id, page_id, expected_version)
        after = before.archive(now=self.clock.now())
        if after is not before:
            await self.pages.save(caller.tenant_id, after, expected_version=before.version)
        return after

"""Throw a draft away."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PageId
from ports.content import PageStore
from usecases.content.versions import page_at


@dataclass(frozen=True, slots=True)
class DeletePage:
    """Owners and managers, who name the version they read.

    Raises PageNotFoundError, StaleVersionError, and PageKeptError for what was published once.
    """

    pages: PageStore

    async def __call__(self, caller: Caller, page_id: PageId, *, expected_version: int) -> None:
        caller.must_be_one_of(MANAGERS)
        page = await page_at(self.pages, caller.tenant_id, page_id, expected_version)
        page.must_be_deletable()
        await self.pages.remove(caller.tenant_id, page_id, expected_version=page.version)

"""Look at one page."""

from dataclasses import dataclass

from core.content.errors import PageNotFoundError
from core.content.page import Page
from core.shared.callers import STAFF, Caller
from core.shared.ids import PageId
from ports.content import PageStore


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Open to everyone in the tenant; what is not published is there for its staff only. Raises PageNotFoundError."""

    pages: PageStore

    async def __call__(self, caller: Caller, page_id: PageId) -> Page:
        page = await self.pages.get(caller.tenant_id, page_id)
        if page is None or not (page.shown or caller.role in STAFF):
            raise PageNotFoundError
        return page

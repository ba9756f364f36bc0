"""The page that a command is about, as its sender read it."""

from core.content.errors import PageNotFoundError
from core.content.page import Page
from core.shared.errors import StaleVersionError
from core.shared.ids import PageId, TenantId
from ports.content import PageStore


async def page_at(pages: PageStore, tenant_id: TenantId, page_id: PageId, expected_version: int | None) -> Page:
    """Return the page; raises PageNotFoundError, and StaleVersionError where another version was expected."""
    page = await pages.get(tenant_id, page_id)
    if page is None:
        raise PageNotFoundError
    if expected_version not in (None, page.version):
        raise StaleVersionError("The page was changed meanwhile; read it again.")
    return page

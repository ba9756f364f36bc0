"""Pages of venues in memory."""

from collections.abc import Sequence
from typing import override

from core.content.languages import ranges_of
from core.content.page import Edition, Page
from core.shared.errors import StaleVersionError
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from ports.content import PageFilter, PageStore
from ports.paging import Page as Slice
from ports.paging import PageRequest


class MemoryPageStore(PageStore):
    """One dictionary, and one of past editions. No method awaits anything, so each is one step for all tasks."""

    def __init__(self) -> None:
        self._pages: dict[tuple[TenantId, PageId], Page] = {}
        self._editions: dict[tuple[TenantId, PageId], dict[int, Edition]] = {}

    @override
    async def add(self, tenant_id: TenantId, page: Page) -> None:
        if any(page_id == page.id for _, page_id in self._pages):
            raise ValueError(f"there is a page {page.id} already")
        self._pages[tenant_id, page.id] = page

    @override
    async def get(self, tenant_id: TenantId, page_id: PageId) -> Page | None:
        return self._pages.get((tenant_id, page_id))

    @override
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, wanted: PageFilter, request: PageRequest
    ) -> Slice[Page]:
        found = sorted(
            (
                page
                for (owner, _), page in self._pages.items()
                if (owner, page.venue_id) == (tenant_id, venue_id)
                and (request.after is None or page.id > request.after)
                and _is_wanted(page, wanted)
            ),
            key=lambda page: page.id,
        )
        items = tuple(found[: request.limit])
        return Slice(items, next_after=items[-1].id if len(found) > request.limit else None)

    @override
    async def save(self, tenant_id: TenantId, page: Page, *, expected_version: int) -> None:
        self._must_be(tenant_id, page.id, expected_version)
        self._pages[tenant_id, page.id] = page
        if page.published is not None:
            self._editions.setdefault((tenant_id, page.id), {})[page.published.number] = page.published

    @override
    async def remove(self, tenant_id: TenantId, page_id: PageId, *, expected_version: int) -> None:
        self._must_be(tenant_id, page_id, expected_version)
        del self._pages[tenant_id, page_id]

    @override
    async def editions(
        self, tenant_id: TenantId, page_id: PageId, *, before: int | None, editions_max: int
    ) -> Sequence[Edition]:
        found = self._editions.get((tenant_id, page_id), {})
        numbers = sorted((number for number in found if before is None or number < before), reverse=True)
        return [found[number] for number in numbers[:editions_max]]

    @override
    async def using(self, tenant_id: TenantId, media_id: MediaId, *, pages_max: int) -> Sequence[PageId]:
        found = (
            page.id
            for (owner, _), page in self._pages.items()
            if owner == tenant_id and page.shown is not None and media_id in page.shown.media_ids
        )
        return sorted(found)[:pages_max]

    def _must_be(self, tenant_id: TenantId, page_id: PageId, version: int) -> None:
        stored = self._pages.get((tenant_id, page_id))
        if stored is None or stored.version != version:
            raise StaleVersionError("The page was changed meanwhile; read it again.")


def _is_wanted(page: Page, wanted: PageFilter) -> bool:
    editions = [page.shown] if wanted.published_only else [page.draft, page.published]
    there = [each for each in editions if each is not None]
    return (
        wanted.kind in (None, page.kind)
        and wanted.status in (None, page.status)
        and any(_holds(each, wanted) for each in there)
    )


def _holds(edition: Edition, wanted: PageFilter) -> bool:
    speaks = wanted.language is None or any(wanted.language in ranges_of(tag) for tag in edition.translations)
    return speaks and all(any(word.startswith(asked) for word in edition.words) for asked in wanted.words)

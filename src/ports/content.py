"""What content needs: a place to keep pages.

Content publishes no events: whoever needs a page asks for it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.content.kinds import PageKind
from core.content.page import Edition, Page, PageStatus
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from ports.paging import Page as Slice
from ports.paging import PageRequest


@dataclass(frozen=True, slots=True)
class PageFilter:
    """Which pages of a venue are asked for; None asks for all.

    `language` is in small letters and finds longer tags too (`de` finds `de-AT`). Each of `words` must begin a word of
    the page, as `core.content.texts` reads it. With `published_only` nothing but published editions is looked at.
    """

    kind: PageKind | None = None
    status: PageStatus | None = None
    language: str | None = None
    words: tuple[str, ...] = ()
    published_only: bool = True


class PageStore(Protocol):
    """The pages of every organisation. Each method works in one tenant and can touch no other's.

    There are no transactions: each method is one atomic step. All raise StoreUnavailableError when the store cannot be
    reached.
    """

    @abstractmethod
    async def add(self, tenant_id: TenantId, page: Page) -> None:
        """Keep a new page; its id must be new."""

    @abstractmethod
    async def get(self, tenant_id: TenantId, page_id: PageId) -> Page | None:
        """Return the page, or None when the tenant has none of this id."""

    @abstractmethod
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, wanted: PageFilter, request: PageRequest
    ) -> Slice[Page]:
        """Return one slice of the venue's pages by id, which is the order they were made in."""

    @abstractmethod
    async def save(self, tenant_id: TenantId, page: Page, *, expected_version: int) -> None:
        """Replace the page where its stored version is `expected_version`; editions that it published stay readable.

        Raises StaleVersionError when the version is another, or the tenant has no such page (any more): of two that
        save over the same version, exactly one succeeds.
        """

    @abstractmethod
    async def remove(self, tenant_id: TenantId, page_id: PageId, *, expected_version: int) -> None:
        """Forget the page where its stored version is `expected_version`; raises StaleVersionError as `save` does."""

    @abstractmethod
    async def editions(
        self, tenant_id: TenantId, page_id: PageId, *, before: int | None, editions_max: int
    ) -> Sequence[Edition]:
        """Return what the page published so far, the newest first, with numbers below `before`; nothing for no page."""

    @abstractmethod
    async def using(self, tenant_id: TenantId, media_id: MediaId, *, pages_max: int) -> Sequence[PageId]:
        """Return pages, the oldest first, that are published with an edition that shows the media."""

"""What content needs: places to keep pages, what is known of media, and the media's bytes.

Content publishes no events: whoever needs a page asks for it.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.content.kinds import PageKind
from core.content.media import Media, MediaKind, MediaState
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


class MediaStore(Protocol):
    """What is known of the media of every organisation. Each method works in one tenant and can touch no other's.

    There are no transactions: each method is one atomic step, and everybody sees it when it is done. All raise
    StoreUnavailableError when the store cannot be reached.
    """

    @abstractmethod
    async def add(self, tenant_id: TenantId, media: Media) -> None:
        """Keep what is about to be stored; its id must be new."""

    @abstractmethod
    async def get(self, tenant_id: TenantId, media_id: MediaId) -> Media | None:
        """Return the media in whatever state, or None when the tenant has none of this id."""

    @abstractmethod
    async def twin(self, tenant_id: TenantId, *, sha256: str, content_type: str) -> Media | None:
        """Return the oldest that is ready and has the same bytes as the same type; None when there is none."""

    @abstractmethod
    async def stored_at(self, tenant_id: TenantId, media_id: MediaId, storage_key: str) -> bool:
        """Note where the bytes of an upload lie; False when it is not uploading (any more)."""

    @abstractmethod
    async def make_ready(self, tenant_id: TenantId, media_id: MediaId) -> bool:
        """Let an upload be there for everybody; False when it is not uploading (any more)."""

    @abstractmethod
    async def pin(
        self, tenant_id: TenantId, venue_id: VenueId, media_ids: Sequence[MediaId], page_id: PageId, *, now: datetime
    ) -> Sequence[MediaId]:
        """Note that the page is about to show these media of the venue; return those that are not there, not ready."""

    @abstractmethod
    async def retire(self, tenant_id: TenantId, media: Media) -> bool:
        """Begin to delete it; False when its state or its pins are not as in `media` (any more)."""

    @abstractmethod
    async def sharers(self, tenant_id: TenantId, media: Media) -> frozenset[MediaState]:
        """Return in which states others are that have the same `storage_key`; those being deleted do not count."""

    @abstractmethod
    async def remove(self, tenant_id: TenantId, media_id: MediaId) -> None:
        """Forget it, where it is being deleted; what is not there is forgotten already."""

    @abstractmethod
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, request: PageRequest, *, kind: MediaKind | None
    ) -> Slice[Media]:
        """Return one slice of the venue's ready media by id, which is the order they were made in."""

    @abstractmethod
    async def views(
        self, tenant_id: TenantId, venue_id: VenueId, *, section_key: str | None, views_max: int
    ) -> Sequence[Media]:
        """Return the venue's ready views from seats, of one section or of all, the oldest first."""


@dataclass(frozen=True, slots=True)
class MediaInTenant:
    """Media that background work is about."""

    tenant_id: TenantId
    media: Media


class MediaUpkeep(Protocol):
    """What the sweep asks, across tenants."""

    @abstractmethod
    async def left_behind(self, *, before: datetime, media_max: int) -> Sequence[MediaInTenant]:
        """Return uploads that began before the moment and are not ready, and what is being deleted; the oldest first.

        What is being deleted is only returned where it was made before the moment as well.
        """


class MediaStorage(Protocol):
    """The bytes of media by key. All raise StoreUnavailableError when the storage cannot be reached.

    A key has letters, digits, dashes and slashes.
    """

    @abstractmethod
    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep the bytes, all or nothing: when the iterator raises, nothing is there under the key that was not before.

        A process that dies meanwhile may leave parts behind, which `delete` removes.
        """

    @abstractmethod
    def read(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """Return the bytes from `start` until before `end` in chunks; raises MediaNotFoundError with the first one."""

    @abstractmethod
    async def length(self, key: str) -> int | None:
        """Return how many bytes there are, or None when there is nothing under the key."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Forget the bytes, and what a death left of them; a key without any is no error."""


class FileTypes(Protocol):
    """Knows files by their first bytes."""

    @abstractmethod
    def type_of(self, head: bytes) -> str | None:
        """Return the media type of a file that begins like this, or None when nobody knows it."""


class IncomingFile(Protocol):
    """A file that came in whole, and is forgotten when nobody asks for it any more."""

    declared_type: str
    name: str
    length_bytes: int
    sha256: str
    head: bytes
    tail: bytes

    @abstractmethod
    def chunks(self) -> AsyncIterator[bytes]:
        """Return the bytes in chunks, from the first on, each time."""

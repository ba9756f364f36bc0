"""Look at one file of a venue, and read its bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from core.content.errors import MediaNotFoundError
from core.content.media import Media, MediaKind
from core.shared.callers import STAFF, Caller
from core.shared.ids import MediaId
from ports.content import MediaStorage, MediaStore, PageStore


@dataclass(frozen=True, slots=True)
class ReadMedia:
    """Open to everyone in the tenant: views from seats, and what a published page shows; staff see all that is ready.

    Raises MediaNotFoundError.
    """

    media: MediaStore
    pages: PageStore
    storage: MediaStorage

    async def __call__(self, caller: Caller, media_id: MediaId) -> Media:
        media = await self.media.get(caller.tenant_id, media_id)
        if media is None or not media.is_ready:
            raise MediaNotFoundError
        open_to_all = caller.role in STAFF or media.facts.kind is MediaKind.VIEW_FROM_SEAT
        if not open_to_all and not await self.pages.using(caller.tenant_id, media_id, pages_max=1):
            raise MediaNotFoundError
        return media

    def bytes_of(self, media: Media, *, start: int, end: int) -> AsyncIterator[bytes]:
        """Return the bytes from `start` until before `end`; raises MediaNotFoundError when they are not there."""
        return self.storage.read(media.storage_key, start=start, end=end)

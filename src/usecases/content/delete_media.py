"""Delete a file of a venue."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.content.errors import MediaInUseError, MediaNotFoundError
from core.content.media import Media
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import MediaId, PageId, TenantId
from ports.clock import Clock
from ports.content import MediaStore, PageStore
from usecases.content.discard_media import DiscardMedia

_TRIES_MAX = 5
_PAGES_NAMED_MAX = 20


@dataclass(frozen=True, slots=True)
class DeleteMedia:
    """Owners and managers. What a published page shows, or one that is being published, cannot be deleted.

    Raises MediaNotFoundError and MediaInUseError, which names the pages.
    """

    media: MediaStore
    pages: PageStore
    discard: DiscardMedia
    clock: Clock

    async def __call__(self, caller: Caller, media_id: MediaId) -> None:
        caller.must_be_one_of(MANAGERS)
        for _ in range(_TRIES_MAX):
            media = await self.media.get(caller.tenant_id, media_id)
            if media is None or not media.is_ready:
                raise MediaNotFoundError
            users = await self.pages.using(caller.tenant_id, media_id, pages_max=_PAGES_NAMED_MAX)
            if users := users or await self._about_to_show(caller.tenant_id, media):
                raise MediaInUseError(users)
            # A page that was pinned to it since we looked changes its pins, and then it is not retired.
            if await self.media.retire(caller.tenant_id, media):
                await self.discard(caller.tenant_id, media)
                return
        raise StaleVersionError("The file is being used by others; try again.")

    async def _about_to_show(self, tenant_id: TenantId, media: Media) -> Sequence[PageId]:
        """Return the pages whose publication has pinned the file, and has not come to its end since."""
        pages = [await self.pages.get(tenant_id, page_id) for page_id in media.pinned_by(now=self.clock.now())]
        return [page.id for page in pages if page is not None and page.updated_at < media.pins[page.id]]

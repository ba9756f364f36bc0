"""Bring a deletion to its end."""

from dataclasses import dataclass

from core.content.media import Media, MediaState
from core.shared.ids import TenantId
from ports.content import MediaStorage, MediaStore


@dataclass(frozen=True, slots=True)
class DiscardMedia:
    """For a file that is marked as being deleted: forgets its bytes, unless others share them, and then the file.

    While an upload alone shares them nothing is decided: it may still turn away from them. The sweep asks again.
    """

    media: MediaStore
    storage: MediaStorage

    async def __call__(self, tenant_id: TenantId, media: Media) -> bool:
        """Return whether the file is gone."""
        sharers = await self.media.sharers(tenant_id, media)
        if MediaState.READY not in sharers:
            if MediaState.UPLOADING in sharers:
                return False
            await self.storage.delete(media.storage_key)
        await self.media.remove(tenant_id, media.id)
        return True

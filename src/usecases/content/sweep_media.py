"""Tidy up after uploads and deletions that did not come to their end."""

from dataclasses import dataclass
from datetime import timedelta

from core.content.media import MediaState
from ports.clock import Clock
from ports.content import MediaStore, MediaUpkeep
from usecases.content.discard_media import DiscardMedia

LEFT_AFTER_S = 3_600
"""How long an upload may take before it counts as dead."""

_MEDIA_MAX = 100


@dataclass(frozen=True, slots=True)
class SweepMedia:
    """Background work, for all tenants; safe at any time and from many processes at once."""

    upkeep: MediaUpkeep
    media: MediaStore
    discard: DiscardMedia
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were tidied up."""
        before = self.clock.now() - timedelta(seconds=LEFT_AFTER_S)
        tidied = 0
        for left in await self.upkeep.left_behind(before=before, media_max=_MEDIA_MAX):
            if left.media.state is MediaState.UPLOADING and not await self.media.retire(left.tenant_id, left.media):
                continue  # it came to its end just now
            tidied += await self.discard(left.tenant_id, left.media)
        return tidied

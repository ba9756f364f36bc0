"""Whether the media that a page shows are there, and fit where they stand."""

from dataclasses import dataclass

from core.content.errors import InvalidPageError
from core.content.page import Edition
from core.shared.errors import Problem
from core.shared.ids import TenantId, VenueId
from ports.content import MediaStore


@dataclass(frozen=True, slots=True)
class MediaCheck:
    """Part of writing a page."""

    media: MediaStore

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId, edition: Edition) -> None:
        """Raise InvalidPageError for what is not the venue's, not there yet, or of another form than is shown there."""
        found = {media_id: await self.media.get(tenant_id, media_id) for media_id in edition.media_ids}
        problems: list[Problem] = []
        for tag, use in edition.media_uses:
            media, pointer = found[use.media_id], f"/translations/{tag}/body{use.pointer}"
            if media is None or not media.is_ready or media.venue_id != venue_id:
                problems.append(Problem(pointer, f"The venue has no file {use.media_id}."))
            elif media.form not in use.forms:
                wanted = " or ".join(sorted(use.forms))
                problems.append(Problem(pointer, f"Here stands {wanted}, and the file is {media.form}."))
        if problems:
            raise InvalidPageError(problems)

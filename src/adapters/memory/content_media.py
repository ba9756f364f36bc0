"""Media of venues in memory: what is known of them, and their bytes."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from core.content.errors import MediaNotFoundError
from core.content.media import Media, MediaKind, MediaState
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from core.shared.time import to_the_millisecond
from ports.content import MediaInTenant, MediaStorage, MediaStore, MediaUpkeep
from ports.paging import Page as Slice
from ports.paging import PageRequest

_CHUNK_BYTES = 65_536


class MemoryMediaStore(MediaStore, MediaUpkeep):
    """One dictionary. No method awaits anything, so each is one step for all the tasks of the loop."""

    def __init__(self) -> None:
        self._media: dict[tuple[TenantId, MediaId], Media] = {}

    @override
    async def add(self, tenant_id: TenantId, media: Media) -> None:
        if any(media_id == media.id for _, media_id in self._media):
            raise ValueError(f"there is media {media.id} already")
        self._media[tenant_id, media.id] = media

    @override
    async def get(self, tenant_id: TenantId, media_id: MediaId) -> Media | None:
        return self._media.get((tenant_id, media_id))

    @override
    async def twin(self, tenant_id: TenantId, *, sha256: str, content_type: str) -> Media | None:
        same = self._those(
            tenant_id,
            lambda each: each.is_ready and (each.file.sha256, each.file.content_type) == (sha256, content_type),
        )
        return same[0] if same else None

    @override
    async def stored_at(self, tenant_id: TenantId, media_id: MediaId, storage_key: str) -> bool:
        return self._change(tenant_id, media_id, lambda each: replace(each, storage_key=storage_key))

    @override
    async def make_ready(self, tenant_id: TenantId, media_id: MediaId) -> bool:
        return self._change(tenant_id, media_id, lambda each: replace(each, state=MediaState.READY))

    @override
    async def pin(
        self, tenant_id: TenantId, venue_id: VenueId, media_ids: Sequence[MediaId], page_id: PageId, *, now: datetime
    ) -> Sequence[MediaId]:
        missing: list[MediaId] = []
        for media_id in media_ids:
            found = self._media.get((tenant_id, media_id))
            if found is None or not found.is_ready or found.venue_id != venue_id:
                missing.append(media_id)
            else:
                pins = {**found.pins, page_id: to_the_millisecond(now)}
                self._media[tenant_id, media_id] = replace(found, pins=pins)
        return missing

    @override
    async def retire(self, tenant_id: TenantId, media: Media) -> bool:
        found = self._media.get((tenant_id, media.id))
        if found is None or (found.state, found.pins) != (media.state, media.pins):
            return False
        self._media[tenant_id, media.id] = replace(found, state=MediaState.DELETING)
        return True

    @override
    async def sharers(self, tenant_id: TenantId, media: Media) -> frozenset[MediaState]:
        others = self._those(tenant_id, lambda each: each.storage_key == media.storage_key and each.id != media.id)
        return frozenset(each.state for each in others) - {MediaState.DELETING}

    @override
    async def remove(self, tenant_id: TenantId, media_id: MediaId) -> None:
        found = self._media.get((tenant_id, media_id))
        if found is not None and found.state is MediaState.DELETING:
            del self._media[tenant_id, media_id]

    @override
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, request: PageRequest, *, kind: MediaKind | None
    ) -> Slice[Media]:
        found = self._those(
            tenant_id,
            lambda each: (
                each.is_ready
                and each.venue_id == venue_id
                and kind in (None, each.facts.kind)
                and (request.after is None or each.id > request.after)
            ),
        )
        items = tuple(found[: request.limit])
        return Slice(items, next_after=items[-1].id if len(found) > request.limit else None)

    @override
    async def views(
        self, tenant_id: TenantId, venue_id: VenueId, *, section_key: str | None, views_max: int
    ) -> Sequence[Media]:
        found = self._those(
            tenant_id,
            lambda each: (
                each.is_ready
                and each.venue_id == venue_id
                and each.facts.place is not None
                and each.facts.kind is MediaKind.VIEW_FROM_SEAT
                and section_key in (None, each.facts.place.section_key)
            ),
        )
        return found[:views_max]

    @override
    async def left_behind(self, *, before: datetime, media_max: int) -> Sequence[MediaInTenant]:
        found = [
            MediaInTenant(tenant_id, media)
            for (tenant_id, _), media in self._media.items()
            if media.state is not MediaState.READY and media.created_at < before
        ]
        return sorted(found, key=lambda each: each.media.created_at)[:media_max]

    def _those(self, tenant_id: TenantId, wanted: Callable[[Media], bool]) -> list[Media]:
        found = [media for (owner, _), media in self._media.items() if owner == tenant_id and wanted(media)]
        return sorted(found, key=lambda media: media.id)

    def _change(self, tenant_id: TenantId, media_id: MediaId, change: Callable[[Media], Media]) -> bool:
        found = self._media.get((tenant_id, media_id))
        if found is None or found.state is not MediaState.UPLOADING:
            return False
        self._media[tenant_id, media_id] = change(found)
        return True


class MemoryMediaStorage(MediaStorage):
    """One dictionary of bytes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    @override
    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        self.kept[key] = b"".join([chunk async for chunk in chunks])

    @override
    async def read(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        kept = self.kept.get(key)
        if kept is None:
            raise MediaNotFoundError
        part = kept[start:end]
        for at in range(0, len(part), _CHUNK_BYTES):
            yield part[at : at + _CHUNK_BYTES]

    @override
    async def length(self, key: str) -> int | None:
        kept = self.kept.get(key)
        return None if kept is None else len(kept)

    @override
    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)

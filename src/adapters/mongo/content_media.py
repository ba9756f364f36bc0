"""Media of venues on MongoDB through Beanie: one document a file, where every filter names the tenant.

The two exceptions are what the sweep asks, which works for all tenants, and the documents' own ids, which are unique
everywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, override
from uuid import UUID

from beanie import Document
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.client import driver_errors_translated
from core.content.media import FocalPoint, Media, MediaFacts, MediaKind, MediaState, SeatPlace, StoredFile
from core.shared.ids import AccountId, MediaId, PageId, TenantId, VenueId
from core.shared.time import to_the_millisecond, utc
from ports.content import MediaInTenant, MediaStore, MediaUpkeep
from ports.paging import Page as Slice
from ports.paging import PageRequest


def _stored_name(field: str) -> str:
    return "_id" if field == "id" else to_camel(field)


_NAMES = ConfigDict(alias_generator=_stored_name, populate_by_name=True)


class AltFields(BaseModel):
    """What an image shows, in one language."""

    model_config = _NAMES

    language: str
    text: str


class PlaceFields(BaseModel):
    """From where a view is; the key is what sections are found by."""

    model_config = _NAMES

    section: str
    section_key: str
    row: str | None
    seat: str | None


class PinFields(BaseModel):
    """A page that was about to show the file."""

    model_config = _NAMES

    page_id: UUID
    at: datetime


class MediaDocument(Document):
    """A file."""

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # Beanie lets documents bring their own kind of id
    tenant_id: UUID
    venue_id: UUID
    kind: MediaKind
    alt: list[AltFields]
    place: PlaceFields | None
    focal_point: tuple[int, int] | None
    content_type: str
    length_bytes: int
    sha256: str
    name: str
    state: MediaState
    storage_key: str
    created_at: datetime
    created_by: UUID
    pins: list[PinFields]

    class Settings:
        """The collection and its indexes: a venue's files, views by section, files by bytes, and what was left."""

        name = "media"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("tenantId", ASCENDING), ("venueId", ASCENDING), ("_id", ASCENDING)], name="media_of_venue"),
            IndexModel(
                [("tenantId", ASCENDING), ("venueId", ASCENDING), ("place.sectionKey", ASCENDING), ("_id", ASCENDING)],
                name="media_views_by_section",
            ),
            IndexModel([("tenantId", ASCENDING), ("sha256", ASCENDING), ("_id", ASCENDING)], name="media_by_bytes"),
            IndexModel([("tenantId", ASCENDING), ("storageKey", ASCENDING)], name="media_by_storage_key"),
            IndexModel([("state", ASCENDING), ("createdAt", ASCENDING)], name="media_left_behind"),
        ]

    @classmethod
    def of(cls, tenant_id: TenantId, media: Media) -> Self:
        """Write it down."""
        place, point = media.facts.place, media.facts.focal_point
        return cls(
            id=media.id,
            tenant_id=tenant_id,
            venue_id=media.venue_id,
            kind=media.facts.kind,
            alt=[AltFields(language=tag, text=text) for tag, text in media.facts.alt.items()],
            place=None
            if place is None
            else PlaceFields(section=place.section, section_key=place.section_key, row=place.row, seat=place.seat),
            focal_point=None if point is None else (point.x, point.y),
            content_type=media.file.content_type,
            length_bytes=media.file.length_bytes,
            sha256=media.file.sha256,
            name=media.file.name,
            state=media.state,
            storage_key=media.storage_key,
            created_at=media.created_at,
            created_by=media.created_by,
            pins=[PinFields(page_id=page_id, at=moment) for page_id, moment in media.pins.items()],
        )

    def media(self) -> Media:
        """Read it back."""
        place = self.place
        return Media(
            id=MediaId(self.id),
            venue_id=VenueId(self.venue_id),
            facts=MediaFacts(
                kind=self.kind,
                alt={each.language: each.text for each in self.alt},
                place=None if place is None else SeatPlace(place.section, place.row, place.seat),
                focal_point=None if self.focal_point is None else FocalPoint(*self.focal_point),
            ),
            file=StoredFile(self.content_type, self.length_bytes, self.sha256, self.name),
            state=self.state,
            storage_key=self.storage_key,
            created_at=utc(self.created_at),
            created_by=AccountId(self.created_by),
            pins={PageId(each.page_id): utc(each.at) for each in self.pins},
        )


class MongoMediaStore(MediaStore, MediaUpkeep):
    """The media in the database that `prepare_documents` was given."""

    @override
    async def add(self, tenant_id: TenantId, media: Media) -> None:
        async with driver_errors_translated():
            await MediaDocument.of(tenant_id, media).insert()

    @override
    async def get(self, tenant_id: TenantId, media_id: MediaId) -> Media | None:
        async with driver_errors_translated():
            found = await MediaDocument.find_one({"tenantId": tenant_id, "_id": media_id})
        return found.media() if found is not None else None

    @override
    async def twin(self, tenant_id: TenantId, *, sha256: str, content_type: str) -> Media | None:
        same = {"tenantId": tenant_id, "sha256": sha256, "contentType": content_type, "state": MediaState.READY}
        found = await self._found(same, media_max=1)
        return found[0] if found else None

    @override
    async def stored_at(self, tenant_id: TenantId, media_id: MediaId, storage_key: str) -> bool:
        return await self._change_upload(tenant_id, media_id, {"storageKey": storage_key})

    @override
    async def make_ready(self, tenant_id: TenantId, media_id: MediaId) -> bool:
        return await self._change_upload(tenant_id, media_id, {"state": MediaState.READY})

    @override
    async def pin(
        self, tenant_id: TenantId, venue_id: VenueId, media_ids: Sequence[MediaId], page_id: PageId, *, now: datetime
    ) -> Sequence[MediaId]:
        at = to_the_millisecond(now)
        return [
            media_id
            for media_id in media_ids
            if not await self._pin(tenant_id, venue_id, media_id, page_id=page_id, at=at)
        ]

    @override
    async def retire(self, tenant_id: TenantId, media: Media) -> bool:
        pins = [each.model_dump(by_alias=True) for each in MediaDocument.of(tenant_id, media).pins]
        as_read = {"tenantId": tenant_id, "_id": media.id, "state": media.state, "pins": pins}
        async with driver_errors_translated():
            done = await _media().update_one(as_read, {"$set": {"state": MediaState.DELETING}})
        return done.matched_count > 0

    @override
    async def sharers(self, tenant_id: TenantId, media: Media) -> frozenset[MediaState]:
        others = {"tenantId": tenant_id, "storageKey": media.storage_key, "_id": {"$ne": media.id}}
        async with driver_errors_translated():
            return frozenset(
                [
                    state
                    for state in (MediaState.UPLOADING, MediaState.READY)
                    if await _media().find_one(others | {"state": state}, {"_id": True}) is not None
                ]
            )

    @override
    async def remove(self, tenant_id: TenantId, media_id: MediaId) -> None:
        async with driver_errors_translated():
            await _media().delete_one({"tenantId": tenant_id, "_id": media_id, "state": MediaState.DELETING})

    @override
    async def page(
        self, tenant_id: TenantId, venue_id: VenueId, request: PageRequest, *, kind: MediaKind | None
    ) -> Slice[Media]:
        wanted: dict[str, Any] = {"tenantId": tenant_id, "venueId": venue_id, "state": MediaState.READY}
        if kind is not None:
            wanted["kind"] = kind
        if request.after is not None:
            wanted["_id"] = {"$gt": request.after}
        one_more = await self._found(wanted, media_max=request.limit + 1)
        items = tuple(one_more[: request.limit])
        return Slice(items, next_after=items[-1].id if len(one_more) > request.limit else None)

    @override
    async def views(
        self, tenant_id: TenantId, venue_id: VenueId, *, section_key: str | None, views_max: int
    ) -> Sequence[Media]:
        wanted: dict[str, Any] = {"tenantId": tenant_id, "venueId": venue_id, "state": MediaState.READY}
        wanted["kind"] = MediaKind.VIEW_FROM_SEAT
        if section_key is not None:
            wanted["place.sectionKey"] = section_key
        return await self._found(wanted, media_max=views_max)

    @override
    async def left_behind(self, *, before: datetime, media_max: int) -> Sequence[MediaInTenant]:
        unready = [MediaState.UPLOADING, MediaState.DELETING]
        wanted = {"state": {"$in": unready}, "createdAt": {"$lt": to_the_millisecond(before)}}
        async with driver_errors_translated():
            found = await MediaDocument.find(wanted).sort("+createdAt").limit(media_max).to_list()
        return [MediaInTenant(TenantId(each.tenant_id), each.media()) for each in found]

    async def _found(self, wanted: dict[str, Any], *, media_max: int) -> list[Media]:
        async with driver_errors_translated():
            found = await MediaDocument.find(wanted).sort("+_id").limit(media_max).to_list()
        return [each.media() for each in found]

    async def _change_upload(self, tenant_id: TenantId, media_id: MediaId, change: dict[str, Any]) -> bool:
        upload = {"tenantId": tenant_id, "_id": media_id, "state": MediaState.UPLOADING}
        async with driver_errors_translated():
            done = await _media().update_one(upload, {"$set": change})
        return done.matched_count > 0

    async def _pin(
        self, tenant_id: TenantId, venue_id: VenueId, media_id: MediaId, *, page_id: PageId, at: datetime
    ) -> bool:
        ready: dict[str, Any] = {"tenantId": tenant_id, "_id": media_id, "venueId": venue_id, "state": MediaState.READY}
        async with driver_errors_translated():
            again = await _media().update_one(ready | {"pins.pageId": page_id}, {"$set": {"pins.$.at": at}})
            if again.matched_count:
                return True
            first = ready | {"pins.pageId": {"$ne": page_id}}
            done = await _media().update_one(first, {"$push": {"pins": {"pageId": page_id, "at": at}}})
        return done.matched_count > 0


def _media() -> AsyncCollection[dict[str, Any]]:
    # Beanie leaves the type of what a collection has open.
    return MediaDocument.get_pymongo_collection()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # above

"""Uploads and deletions with deaths between their steps, and what the sweep makes of what they leave."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.content_media import MemoryMediaStorage, MemoryMediaStore
from adapters.memory.content_pages import MemoryPageStore
from adapters.system.file_types import MagicFileTypes
from adapters.system.ids import Uuid7Source
from core.content.errors import (
    ContentVenueNotFoundError,
    FileTooLargeError,
    FileTypeError,
    MediaGoneError,
    MediaInUseError,
    MediaNotFoundError,
    UploadInterruptedError,
)
from core.content.media import PIN_S, Media, MediaFacts, MediaKind, MediaLimits, MediaState, SeatPlace
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, MediaId, TenantId, VenueId
from tests.content_builders import FILES, NOON, VENUE, FileInHand, a_photo_page, a_png
from tests.ticketing_builders import OneVenue
from usecases.content.archive_page import ArchivePage
from usecases.content.delete_media import DeleteMedia
from usecases.content.discard_media import DiscardMedia
from usecases.content.publish_page import PublishPage
from usecases.content.read_media import ReadMedia
from usecases.content.sweep_media import LEFT_AFTER_S, SweepMedia
from usecases.content.upload_media import UploadMedia

TENANT = TenantId(uuid7())
MANAGER = Caller(AccountId(uuid7()), TENANT, Role.MANAGER)
SCANNER = Caller(AccountId(uuid7()), TENANT, Role.SCANNER)
FAN = Caller(AccountId(uuid7()), TENANT)
IMAGE = MediaFacts(MediaKind.IMAGE, {"en": "The hall"})
AFTER_ALL_S = LEFT_AFTER_S + 1


class Death(BaseException):
    """A process that is killed."""


class FragileStorage(MemoryMediaStorage):
    """Dies before or after it keeps something, when it is told to."""

    dies: str | None = None

    @override
    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        if self.dies == "before":
            raise Death
        await super().put(key, chunks)
        if self.dies == "after":
            raise Death

    @override
    async def delete(self, key: str) -> None:
        if self.dies == "before":
            raise Death
        await super().delete(key)
        if self.dies == "after":
            raise Death


@dataclass
class House:
    media: MemoryMediaStore = field(default_factory=MemoryMediaStore)
    pages: MemoryPageStore = field(default_factory=MemoryPageStore)
    storage: FragileStorage = field(default_factory=FragileStorage)
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOON))

    @property
    def discard(self) -> DiscardMedia:
        return DiscardMedia(self.media, self.storage)

    async def upload(
        self, content: bytes | None = None, declared: str = "image/png", *, media: Any = None, **changes: Any
    ) -> Media:
        limits = MediaLimits(bytes_max=changes.pop("bytes_max", 1_000))
        usecase = UploadMedia(
            media or self.media, self.storage, MagicFileTypes(), OneVenue(TENANT), limits, Uuid7Source(), self.clock
        )
        caller, venue = changes.pop("caller", MANAGER), changes.pop("venue", VENUE)
        content = a_png() if content is None else content
        return await usecase(caller, venue, changes.pop("facts", IMAGE), FileInHand(content, declared))

    async def delete(self, media_id: MediaId, caller: Caller = MANAGER) -> None:
        await DeleteMedia(self.media, self.pages, self.discard, self.clock)(caller, media_id)

    async def sweep(self) -> int:
        return await SweepMedia(self.media, self.media, self.discard, self.clock)()

    async def publish(self, *media_ids: MediaId) -> Any:
        page = a_photo_page(*media_ids)
        await self.pages.add(TENANT, page)
        return await PublishPage(self.pages, self.media, self.clock)(MANAGER, page.id, expected_version=None)

    async def read(self, media_id: MediaId, caller: Caller) -> Media:
        return await ReadMedia(self.media, self.pages, self.storage)(caller, media_id)


@pytest.fixture
def house() -> House:
    return House()


async def test_an_upload_is_ready_and_its_bytes_are_there(house: House) -> None:
    media = await house.upload()

    assert media.state is MediaState.READY
    assert house.storage.kept == {media.storage_key: a_png()}
    assert media.storage_key.startswith(f"{TENANT}/")


async def test_the_same_bytes_are_stored_once_an_organisation(house: House) -> None:
    one, two = await house.upload(), await house.upload()
    await house.upload(a_png(grey=1))

    assert one.id != two.id and one.storage_key == two.storage_key
    assert len(house.storage.kept) == 2
    await house.delete(one.id)
    assert one.storage_key in house.storage.kept
    await house.delete(two.id)
    assert two.storage_key not in house.storage.kept


async def test_a_twin_whose_bytes_are_lost_is_no_reason_not_to_store_them(house: House) -> None:
    one = await house.upload()
    house.storage.kept.clear()

    two = await house.upload()

    assert two.storage_key != one.storage_key and set(house.storage.kept) == {two.storage_key}


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"", "image/png"),
        (a_png(), "image/jpeg"),
        (FILES["video/mp4"], "image/png"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml"),
        (b"#!/bin/sh\n", "image/png"),
        (FILES["image/gif"] + b"<script>", "image/gif"),
        (a_png() + b"PK\x05\x06" + bytes(18), "image/png"),
        (b"\0" * 10, ""),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    house: House, content: bytes, declared: str
) -> None:
    with pytest.raises(FileTypeError):
        await house.upload(content, declared)
    assert house.storage.kept == {}
    assert not await house.media.left_behind(before=NOON + timedelta(seconds=AFTER_ALL_S), media_max=9)


async def test_a_file_has_so_many_bytes_at_most(house: House) -> None:
    size = len(a_png())
    await house.upload(bytes_max=size)
    with pytest.raises(FileTooLargeError):
        await house.upload(a_png(grey=1), bytes_max=size - 1)


async def test_only_managers_upload_and_only_for_venues_of_their_own(house: House) -> None:
    for caller in (FAN, SCANNER):
        with pytest.raises(ForbiddenError):
            await house.upload(caller=caller)
    with pytest.raises(ContentVenueNotFoundError):
        await house.upload(venue=VenueId(uuid7()))
    with pytest.raises(ContentVenueNotFoundError):
        await house.upload(caller=Caller(AccountId(uuid7()), TenantId(uuid7()), Role.OWNER))


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_whoever_dies_while_it_stores_leaves_something_that_the_sweep_finds(house: House, dies: str) -> None:
    house.storage.dies = dies
    with pytest.raises(Death):
        await house.upload()
    house.storage.dies = None

    house.clock.move(seconds=LEFT_AFTER_S)
    assert (await house.sweep(), len(house.storage.kept)) == (0, dies == "after")
    house.clock.move(seconds=1)
    assert (await house.sweep(), house.storage.kept) == (1, {})
    assert await house.sweep() == 0


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_whoever_dies_while_it_deletes_leaves_something_that_the_sweep_finds(house: House, dies: str) -> None:
    media = await house.upload()
    house.storage.dies = dies
    with pytest.raises(Death):
        await house.delete(media.id)
    house.storage.dies = None
    with pytest.raises(MediaNotFoundError):
        await house.read(media.id, MANAGER)

    house.clock.move(seconds=AFTER_ALL_S)
    assert (await house.sweep(), house.storage.kept) == (1, {})
    assert await house.media.get(TENANT, media.id) is None


async def test_an_upload_that_the_sweep_took_for_dead_leaves_nothing(house: House) -> None:
    class SweptMeanwhile(MemoryMediaStore):
        @override
        async def make_ready(self, tenant_id: TenantId, media_id: MediaId) -> bool:
            house.clock.move(seconds=AFTER_ALL_S)
            assert await house.sweep() == 1
            return await super().make_ready(tenant_id, media_id)

    house.media = SweptMeanwhile()
    with pytest.raises(UploadInterruptedError):
        await house.upload()
    assert house.storage.kept == {}


@pytest.mark.parametrize("step", ["twin", "stored_at", "get", "make_ready"])
async def test_whenever_a_twin_is_deleted_an_upload_keeps_its_bytes(house: House, step: str) -> None:
    one = await house.upload()

    class DeletedMeanwhile(MemoryMediaStore):
        """Lets somebody delete the twin just after one step of the upload."""

    store: Any = DeletedMeanwhile()
    store._media = house.media._media
    original, deleted = getattr(store, step), False

    async def then_delete(*given: Any, **named: Any) -> Any:
        nonlocal deleted
        answer = await original(*given, **named)
        if not deleted:
            deleted = True
            await house.delete(one.id)
        return answer

    setattr(store, step, then_delete)
    two = await house.upload(media=store)

    assert deleted and two.is_ready
    assert house.storage.kept.get(two.storage_key) == a_png()
    house.clock.move(seconds=AFTER_ALL_S)
    await house.sweep()
    assert set(house.storage.kept) == {two.storage_key}


async def test_what_a_published_page_shows_is_kept_and_the_pages_are_named(house: House) -> None:
    media = await house.upload()
    one, two = await house.publish(media.id), await house.publish(media.id)

    with pytest.raises(MediaInUseError) as refusal:
        await house.delete(media.id)

    assert [str(page.id) in refusal.value.message for page in (one, two)] == [True, True]
    assert len(refusal.value.problems) == 2
    for page in (one, two):
        house.clock.move(seconds=1)
        await ArchivePage(house.pages, house.clock)(MANAGER, page.id, expected_version=None)
    await house.delete(media.id)
    assert house.storage.kept == {}


async def test_a_draft_keeps_no_media_but_is_not_published_without_it(house: House) -> None:
    media = await house.upload()
    page = a_photo_page(media.id)
    await house.pages.add(TENANT, page)
    await house.delete(media.id)

    with pytest.raises(MediaGoneError):
        await PublishPage(house.pages, house.media, house.clock)(MANAGER, page.id, expected_version=None)
    assert await house.pages.get(TENANT, page.id) == page


async def test_media_of_a_page_that_is_being_published_are_kept_for_a_while(house: House) -> None:
    media = await house.upload()
    page = a_photo_page(media.id)
    await house.pages.add(TENANT, page)
    house.clock.move(seconds=1)
    await house.media.pin(TENANT, VENUE, [media.id], page.id, now=house.clock.now())

    house.clock.move(seconds=PIN_S - 0.001)
    with pytest.raises(MediaInUseError):
        await house.delete(media.id)
    house.clock.move(seconds=0.001)
    await house.delete(media.id)


async def test_fans_see_views_and_what_is_published_and_staff_see_all(house: House) -> None:
    view = await house.upload(facts=MediaFacts(MediaKind.VIEW_FROM_SEAT, {"en": "Stage"}, SeatPlace("A", "1")))
    hidden, shown = await house.upload(), await house.upload()
    page = await house.publish(shown.id)

    for media in (view, hidden, shown):
        assert (await house.read(media.id, SCANNER)).id == media.id
    for media in (view, shown):
        assert (await house.read(media.id, FAN)).id == media.id
    with pytest.raises(MediaNotFoundError):
        await house.read(hidden.id, FAN)
    await ArchivePage(house.pages, house.clock)(MANAGER, page.id, expected_version=None)
    with pytest.raises(MediaNotFoundError):
        await house.read(shown.id, FAN)
    with pytest.raises(MediaNotFoundError):
        await house.read(view.id, Caller(AccountId(uuid7()), TenantId(uuid7()), Role.OWNER))


async def test_only_managers_delete(house: House) -> None:
    media = await house.upload()
    with pytest.raises(ForbiddenError):
        await house.delete(media.id, SCANNER)
    await house.delete(media.id)
    with pytest.raises(MediaNotFoundError):
        await house.delete(media.id)

"""What every MediaStore and MediaUpkeep promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.content_media import MemoryMediaStore
from adapters.mongo.content import prepare_documents
from adapters.mongo.content_media import MediaDocument, MongoMediaStore
from core.content.media import Media, MediaKind, MediaState, StoredFile
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from ports.content import MediaInTenant
from ports.paging import PageRequest
from tests.content_builders import NOON, VENUE, a_view, some_media
from tests.mongo_databases import fresh_database

TENANT = TenantId(uuid7())
OTHER = TenantId(uuid7())
PAGE, OTHER_PAGE = PageId(uuid7()), PageId(uuid7())
UPLOADING, READY, DELETING = MediaState.UPLOADING, MediaState.READY, MediaState.DELETING

type Store = MemoryMediaStore | MongoMediaStore


@pytest.fixture(params=["memory", "mongodb"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryMediaStore()
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, [MediaDocument])
        yield MongoMediaStore()


async def stored(store: Store, *some: Media, tenant_id: TenantId = TENANT) -> list[Media]:
    for media in some:
        await store.add(tenant_id, media)
    return list(some)


@pytest.mark.parametrize(
    "media",
    [
        some_media(),
        some_media(state=UPLOADING, pins={PAGE: NOON, OTHER_PAGE: NOON}),
        a_view("Block  Ä", "AA", "12"),
        some_media(file=StoredFile("image/png", 5_000_000_000, "ff" * 32, "Größe 座席.png")),
    ],
    ids=["image", "pinned upload", "view", "large"],
)
async def test_media_are_read_back_equal_in_every_member(store: Store, media: Media) -> None:
    await stored(store, media)

    read = await store.get(TENANT, media.id)

    assert read == media
    assert read.created_at.tzinfo is UTC


async def test_another_tenant_reads_nothing_and_changes_nothing(store: Store) -> None:
    upload, ready, gone = await stored(store, some_media(state=UPLOADING), a_view("A", "1"), some_media(state=DELETING))

    assert [await store.get(OTHER, each.id) for each in (upload, ready, gone)] == [None] * 3
    assert await store.twin(OTHER, sha256=ready.file.sha256, content_type="image/png") is None
    assert not await store.stored_at(OTHER, upload.id, "elsewhere")
    assert not await store.make_ready(OTHER, upload.id)
    assert await store.pin(OTHER, VENUE, [ready.id], PAGE, now=NOON) == [ready.id]
    assert not await store.retire(OTHER, ready)
    assert await store.sharers(OTHER, replace(ready, id=MediaId(uuid7()))) == frozenset()
    await store.remove(OTHER, gone.id)
    assert (await store.page(OTHER, VENUE, PageRequest(), kind=None)).items == ()
    assert await store.views(OTHER, VENUE, section_key=None, views_max=9) == []

    assert [await store.get(TENANT, each.id) for each in (upload, ready, gone)] == [upload, ready, gone]


async def test_an_upload_becomes_ready_once(store: Store) -> None:
    [upload] = await stored(store, some_media(state=UPLOADING))

    assert await store.stored_at(TENANT, upload.id, "elsewhere")
    assert await store.make_ready(TENANT, upload.id)

    assert await store.get(TENANT, upload.id) == replace(upload, state=READY, storage_key="elsewhere")
    assert not await store.make_ready(TENANT, upload.id)
    assert not await store.stored_at(TENANT, upload.id, "nowhere")


async def test_of_a_sweep_and_an_upload_that_ends_exactly_one_succeeds(store: Store) -> None:
    for _ in range(10):
        [upload] = await stored(store, some_media(state=UPLOADING))

        ended, swept = await asyncio.gather(store.make_ready(TENANT, upload.id), store.retire(TENANT, upload))

        assert ended is not swept
        after = await store.get(TENANT, upload.id)
        assert after is not None and after.state is (READY if ended else DELETING)


async def test_a_twin_is_ready_and_has_the_same_bytes_as_the_same_type(store: Store) -> None:
    ready, _ = await stored(store, some_media(), some_media())
    await stored(store, some_media(file=replace(ready.file, sha256="bb" * 32), state=UPLOADING))
    await stored(store, some_media(file=replace(ready.file, sha256="cc" * 32), state=DELETING))

    assert await store.twin(TENANT, sha256=ready.file.sha256, content_type="image/png") == ready
    assert await store.twin(TENANT, sha256=ready.file.sha256, content_type="image/gif") is None
    assert await store.twin(TENANT, sha256="bb" * 32, content_type="image/png") is None
    assert await store.twin(TENANT, sha256="cc" * 32, content_type="image/png") is None


async def test_who_shares_bytes_is_told_by_state_and_those_being_deleted_do_not_count(store: Store) -> None:
    [media] = await stored(store, some_media())
    assert await store.sharers(TENANT, media) == frozenset()
    await stored(store, some_media(storage_key=media.storage_key, state=DELETING))
    await stored(store, some_media(storage_key=media.storage_key), tenant_id=OTHER)
    assert await store.sharers(TENANT, media) == frozenset()
    await stored(store, some_media(storage_key=media.storage_key, state=UPLOADING))
    assert await store.sharers(TENANT, media) == {UPLOADING}
    await stored(store, some_media(storage_key=media.storage_key))
    assert await store.sharers(TENANT, media) == {UPLOADING, READY}


async def test_a_pin_is_noted_once_a_page_with_its_last_moment(store: Store) -> None:
    one, two = await stored(store, some_media(), some_media())

    assert await store.pin(TENANT, VENUE, [one.id, two.id], PAGE, now=NOON) == []
    assert await store.pin(TENANT, VENUE, [one.id], PAGE, now=NOON + timedelta(seconds=9)) == []
    assert await store.pin(TENANT, VENUE, [one.id], OTHER_PAGE, now=NOON) == []

    pinned = await store.get(TENANT, one.id)
    assert pinned is not None and pinned.pins == {PAGE: NOON + timedelta(seconds=9), OTHER_PAGE: NOON}


async def test_what_is_not_there_or_not_of_the_venue_cannot_be_pinned(store: Store) -> None:
    ready, upload, gone = await stored(store, some_media(), some_media(state=UPLOADING), some_media(state=DELETING))
    [elsewhere] = await stored(store, some_media(venue_id=VenueId(uuid7())))
    unknown = MediaId(uuid7())

    asked = [ready.id, upload.id, gone.id, elsewhere.id, unknown]

    assert await store.pin(TENANT, VENUE, asked, PAGE, now=NOON) == asked[1:]


async def test_media_that_were_pinned_since_they_were_read_are_not_retired(store: Store) -> None:
    [media] = await stored(store, some_media())
    await store.pin(TENANT, VENUE, [media.id], PAGE, now=NOON)

    assert not await store.retire(TENANT, media)
    pinned = await store.get(TENANT, media.id)
    assert pinned is not None and await store.retire(TENANT, pinned)
    assert not await store.retire(TENANT, pinned)
    assert await store.pin(TENANT, VENUE, [media.id], PAGE, now=NOON) == [media.id]


async def test_of_a_pin_and_a_deletion_at_once_exactly_one_succeeds(store: Store) -> None:
    for _ in range(10):
        [media] = await stored(store, some_media())

        missing, retired = await asyncio.gather(
            store.pin(TENANT, VENUE, [media.id], PAGE, now=NOON), store.retire(TENANT, media)
        )

        assert bool(missing) is retired


async def test_only_what_is_being_deleted_can_be_removed(store: Store) -> None:
    ready, gone = await stored(store, some_media(), some_media(state=DELETING))

    for media in (ready, gone, gone):
        await store.remove(TENANT, media.id)

    assert [await store.get(TENANT, each.id) for each in (ready, gone)] == [ready, None]


async def test_pages_of_media_have_what_is_ready_in_the_order_it_was_made(store: Store) -> None:
    one, view, two = await stored(store, some_media(), a_view("A"), some_media())
    await stored(store, some_media(state=UPLOADING), some_media(state=DELETING), some_media(venue_id=VenueId(uuid7())))

    first = await store.page(TENANT, VENUE, PageRequest(limit=2), kind=None)
    rest = await store.page(TENANT, VENUE, PageRequest(limit=2, after=first.next_after), kind=None)

    assert (first.items, rest.items, rest.next_after) == ((one, view), (two,), None)
    assert (await store.page(TENANT, VENUE, PageRequest(), kind=MediaKind.IMAGE)).items == (one, two)


async def test_views_are_found_by_section_whatever_its_case(store: Store) -> None:
    left, right, _ = await stored(store, a_view("Block A", "1"), a_view("Block B"), a_view("Block A", state=UPLOADING))
    again = (await stored(store, a_view(" block  a", "2")))[0]
    await stored(store, some_media())

    assert await store.views(TENANT, VENUE, section_key="block a", views_max=9) == [left, again]
    assert await store.views(TENANT, VENUE, section_key=None, views_max=9) == [left, right, again]
    assert await store.views(TENANT, VENUE, section_key=None, views_max=1) == [left]


async def test_the_sweep_finds_what_was_left_behind_of_every_tenant_the_oldest_first(store: Store) -> None:
    old = some_media(state=UPLOADING)
    older = replace(some_media(state=DELETING), created_at=NOON - timedelta(hours=1))
    young = replace(some_media(state=UPLOADING), created_at=NOON + timedelta(seconds=1))
    await stored(store, old, young, some_media())
    await stored(store, older, tenant_id=OTHER)

    before = NOON + timedelta(seconds=1)
    both = [MediaInTenant(OTHER, older), MediaInTenant(TENANT, old)]
    assert list(await store.left_behind(before=before, media_max=9)) == both
    assert list(await store.left_behind(before=before, media_max=1)) == both[:1]
    assert list(await store.left_behind(before=NOON, media_max=9)) == both[:1]

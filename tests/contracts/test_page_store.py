"""What every PageStore promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.content_pages import MemoryPageStore
from adapters.mongo.client import create_client, database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, missing_indexes, prepare_documents
from adapters.mongo.content_health import ContentIndexes
from adapters.mongo.content_page_documents import EditionDocument, PageDocument
from adapters.mongo.content_pages import MongoPageStore
from core.content.bodies import BODIES
from core.content.kinds import PageKind
from core.content.page import Page, PageChange, PageStatus, Translation
from core.content.texts import words_asked
from core.shared.errors import StaleVersionError
from core.shared.ids import MediaId, PageId, TenantId, VenueId
from ports.content import PageFilter, PageStore
from ports.paging import PageRequest
from ports.stores import StoreUnavailableError
from tests.content_builders import ANN, NOON, VENUE, a_page, a_photo_page, faq, published
from tests.mongo_databases import fresh_database
from tests.unit.test_content_pages import SOUND

TENANT = TenantId(uuid7())
OTHER = TenantId(uuid7())
EVERYTHING = PageFilter(published_only=False)


@pytest.fixture(params=["memory", "mongodb"])
async def pages(request: pytest.FixtureRequest) -> AsyncIterator[PageStore]:
    if request.param == "memory":
        yield MemoryPageStore()
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, [PageDocument, EditionDocument])
        yield MongoPageStore()


async def stored(pages: PageStore, *some: Page, tenant_id: TenantId = TENANT) -> list[Page]:
    """Keep pages, each as a draft first, as it comes to be."""
    for page in some:
        await pages.add(tenant_id, page)
    return list(some)


async def publish(pages: PageStore, page: Page, *, title: str | None = None) -> Page:
    """Publish a page that is stored, with another title if one is given, and return it."""
    if title is not None:
        changed = page.changed(PageChange(translations={"en": Translation(title, faq())}), now=NOON)
        await pages.save(TENANT, changed, expected_version=page.version)
        page = changed
    after = page.publish(by=ANN, now=NOON)
    await pages.save(TENANT, after, expected_version=page.version)
    return after


async def found(pages: PageStore, wanted: PageFilter, *, tenant_id: TenantId = TENANT) -> list[PageId]:
    page = await pages.page(tenant_id, VENUE, wanted, PageRequest())
    return [each.id for each in page.items]


@pytest.mark.parametrize("kind", PageKind)
async def test_a_page_of_each_kind_is_read_back_equal_in_every_member(pages: PageStore, kind: PageKind) -> None:
    translations = {tag: Translation("Größe & 座席 🎟 $where", SOUND[kind]) for tag in ("en", "zh-Hant-TW")}
    page = replace(published(a_page(kind=kind, translations=translations)), draft=a_page().draft and None)
    draft = page.changed(PageChange(default_language="zh-Hant-TW"), now=NOON + timedelta(microseconds=1999))
    await stored(pages, draft)

    read = await pages.get(TENANT, draft.id)

    assert read == draft
    assert read.updated_at.tzinfo is UTC
    assert type(read.edited.translations["en"].body) is BODIES[kind]


async def test_another_tenant_reads_nothing_and_changes_nothing(pages: PageStore) -> None:
    media_id = MediaId(uuid7())
    [page] = await stored(pages, a_photo_page(media_id))
    after = await publish(pages, page)

    assert await pages.get(OTHER, page.id) is None
    assert await found(pages, EVERYTHING, tenant_id=OTHER) == []
    assert await pages.editions(OTHER, page.id, before=None, editions_max=9) == []
    assert await pages.using(OTHER, media_id, pages_max=9) == []
    with pytest.raises(StaleVersionError):
        await pages.save(OTHER, after.archive(now=NOON), expected_version=after.version)
    with pytest.raises(StaleVersionError):
        await pages.remove(OTHER, page.id, expected_version=after.version)
    assert await pages.get(TENANT, page.id) == after


async def test_a_save_over_the_version_that_was_read_replaces_the_page(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())
    assert await pages.get(TENANT, page.id) == page

    after = await publish(pages, page)

    assert await pages.get(TENANT, page.id) == after


@pytest.mark.parametrize("version", [0, 2])
async def test_a_save_or_a_removal_over_another_version_changes_nothing(pages: PageStore, version: int) -> None:
    [page] = await stored(pages, a_page())

    with pytest.raises(StaleVersionError):
        await pages.save(TENANT, published(page), expected_version=version)
    with pytest.raises(StaleVersionError):
        await pages.remove(TENANT, page.id, expected_version=version)

    assert await pages.get(TENANT, page.id) == page


async def test_a_save_never_makes_a_page(pages: PageStore) -> None:
    with pytest.raises(StaleVersionError):
        await pages.save(TENANT, a_page(), expected_version=1)
    assert await found(pages, EVERYTHING) == []


async def test_of_many_who_save_over_one_version_exactly_one_succeeds(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())
    rivals = [
        page.changed(PageChange(translations={"en": Translation(f"Rival {number}", faq())}), now=NOON)
        for number in range(20)
    ]

    outcomes = await asyncio.gather(
        *(pages.save(TENANT, rival, expected_version=1) for rival in rivals), return_exceptions=True
    )

    [winner] = [rival for rival, outcome in zip(rivals, outcomes, strict=True) if outcome is None]
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [StaleVersionError] * 19
    assert await pages.get(TENANT, page.id) == winner


async def test_a_removed_page_is_gone(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())

    await pages.remove(TENANT, page.id, expected_version=1)

    assert await pages.get(TENANT, page.id) is None


async def test_pages_follow_one_another_in_the_order_they_were_made(pages: PageStore) -> None:
    made = await stored(pages, *(a_page() for _ in range(5)))
    await stored(pages, a_page(), tenant_id=OTHER)
    await stored(pages, a_page(venue_id=VenueId(uuid7())))

    first = await pages.page(TENANT, VENUE, EVERYTHING, PageRequest(limit=2))
    second = await pages.page(TENANT, VENUE, EVERYTHING, PageRequest(limit=2, after=first.next_after))
    third = await pages.page(TENANT, VENUE, EVERYTHING, PageRequest(limit=2, after=second.next_after))

    assert [*first.items, *second.items, *third.items] == made
    assert (first.next_after, second.next_after, third.next_after) == (made[1].id, made[3].id, None)


async def test_pages_are_found_by_kind_and_status(pages: PageStore) -> None:
    draft, shown, archived, photo = await stored(pages, a_page(), a_page(), a_page(), a_photo_page(MediaId(uuid7())))
    await publish(pages, shown)
    was_shown = await publish(pages, archived)
    await pages.save(TENANT, was_shown.archive(now=NOON), expected_version=was_shown.version)

    async def of(**wanted: object) -> list[PageId]:
        return await found(pages, replace(EVERYTHING, **wanted))  # type: ignore[arg-type]  # members by name

    assert await of(kind=PageKind.PHOTO) == [photo.id]
    assert await of(kind=PageKind.FAQ) == [draft.id, shown.id, archived.id]
    assert await of(status=PageStatus.DRAFT) == [draft.id, photo.id]
    assert await of(status=PageStatus.PUBLISHED) == [shown.id]
    assert await of(status=PageStatus.ARCHIVED) == [archived.id]
    assert await of(published_only=True) == [shown.id]
    assert await of(published_only=True, status=PageStatus.ARCHIVED) == []
    assert await of(published_only=True, status=PageStatus.PUBLISHED) == [shown.id]


@pytest.mark.parametrize(
    ("language", "is_found"),
    [("de", True), ("de-at", True), ("en", True), ("de-a", False), ("at", False), ("fr", False)],
)
async def test_pages_are_found_by_language(pages: PageStore, language: str, is_found: bool) -> None:
    translations = {tag: Translation("Questions", faq()) for tag in ("en", "de-AT")}
    [page] = await stored(pages, a_page(translations=translations))

    assert await found(pages, replace(EVERYTHING, language=language)) == ([page.id] if is_found else [])


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("cloakroom", True),
        ("CLOAK", True),
        ("room", False),
        ("cloak questions", True),
        ("cloak bar", False),
        ("café", True),
        ("cafe", True),
        (".*", True),
        ("oakro.*", False),
        ("$ne", False),
        ("座", True),
    ],
)
async def test_pages_are_found_by_the_beginnings_of_all_words(pages: PageStore, query: str, is_found: bool) -> None:
    body = faq("Where is the cloakroom?", "Beside the Café 座席.")
    [page] = await stored(pages, a_page(body))

    assert await found(pages, replace(EVERYTHING, words=words_asked(query))) == ([page.id] if is_found else [])


async def test_what_a_draft_says_is_not_found_by_those_who_see_what_is_published(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())
    after = await publish(pages, page)
    secret = {"en": Translation("Secret", faq()), "fr": Translation("Secret", faq())}
    changed = after.changed(PageChange(translations=dict(secret)), now=NOON)
    await pages.save(TENANT, changed, expected_version=after.version)

    for hidden in (PageFilter(words=("secret",)), PageFilter(language="fr")):
        assert await found(pages, hidden) == []
        assert await found(pages, replace(hidden, published_only=False)) == [page.id]
    assert await found(pages, PageFilter(words=("questions",))) == [page.id]


async def test_every_published_edition_is_kept_as_it_was(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())
    assert await pages.editions(TENANT, page.id, before=None, editions_max=9) == []
    shown = []
    for number in range(1, 5):
        page = await publish(pages, page, title=f"Edition {number}")
        assert page.published is not None
        shown.append(page.published)
    await pages.save(TENANT, page.archive(now=NOON), expected_version=page.version)

    newest_first = shown[::-1]
    assert await pages.editions(TENANT, page.id, before=None, editions_max=9) == newest_first
    assert await pages.editions(TENANT, page.id, before=None, editions_max=2) == newest_first[:2]
    assert await pages.editions(TENANT, page.id, before=3, editions_max=9) == newest_first[2:]
    assert await pages.editions(TENANT, page.id, before=4, editions_max=1) == newest_first[1:2]
    assert await pages.editions(TENANT, page.id, before=5, editions_max=1) == newest_first[:1]
    assert await pages.editions(TENANT, page.id, before=1, editions_max=9) == []


async def test_a_publication_that_comes_too_late_leaves_no_edition(pages: PageStore) -> None:
    [page] = await stored(pages, a_page())
    after = await publish(pages, page)
    late = after.changed(PageChange(translations={"en": Translation("Late", faq())}), now=NOON).publish(
        by=ANN, now=NOON
    )

    with pytest.raises(StaleVersionError):
        await pages.save(TENANT, late, expected_version=after.version + 1)

    assert await pages.editions(TENANT, page.id, before=None, editions_max=9) == [after.published]


async def test_pages_that_show_media_are_those_that_are_published_with_it(pages: PageStore) -> None:
    media_id, other = MediaId(uuid7()), MediaId(uuid7())
    draft, shown, archived = await stored(pages, *(a_photo_page(media_id) for _ in range(3)))
    await publish(pages, shown)
    was_shown = await publish(pages, archived)
    await pages.save(TENANT, was_shown.archive(now=NOON), expected_version=was_shown.version)

    assert await pages.using(TENANT, media_id, pages_max=9) == [shown.id]
    assert await pages.using(TENANT, other, pages_max=9) == []
    await publish(pages, draft)
    assert await pages.using(TENANT, media_id, pages_max=1) == [draft.id]


async def test_every_index_is_there_and_one_that_is_not_is_named(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        everything = await missing_indexes(database, CONTENT_DOCUMENTS)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        assert await missing_indexes(database, CONTENT_DOCUMENTS) == []
        assert (await ContentIndexes(database).check()).ok

        await database.get_collection("pages").drop_index("pages_by_kind")
        report = await ContentIndexes(database).check()

    assert (report.ok, dict(report.facts)) == (False, {"missing": "pages.pages_by_kind"})
    assert len(everything) == sum(len(each.Settings.indexes) for each in CONTENT_DOCUMENTS)


async def test_every_index_but_the_sweeps_begins_with_the_tenant(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_documents(database, CONTENT_DOCUMENTS)
        first = {
            index["name"]: next(iter(index["key"]))
            for name in ("pages", "pageEditions", "media")
            for index in await (await database.get_collection(name).list_indexes()).to_list()
            if index["name"] != "_id_"
        }
    assert first.pop("media_left_behind") == "state"
    assert len(first) == 10 and set(first.values()) == {"tenantId"}


async def test_a_server_that_is_away_is_told_as_such(unused_tcp_port: int) -> None:
    url = f"mongodb://127.0.0.1:{unused_tcp_port}/?directConnection=true"
    async with create_client(url, connections_max=1, connect_timeout_s=0.2) as client:
        with pytest.raises(StoreUnavailableError):
            await prepare_documents(database_of(client, "fairseat_test_away"), CONTENT_DOCUMENTS)

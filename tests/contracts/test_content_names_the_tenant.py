"""Every question and change that the stores of content send to MongoDB names the tenant."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, override
from uuid import uuid4

import pytest
from bson import Binary
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from uuid_utils.compat import uuid7

from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.content_media import MongoMediaStore
from adapters.mongo.content_pages import MongoPageStore
from core.content.kinds import PageKind
from core.content.media import MediaKind, MediaState
from core.content.page import PageChange, PageStatus, Translation
from core.shared.ids import MediaId, TenantId
from ports.content import MediaStore, PageFilter, PageStore
from ports.paging import PageRequest
from tests.content_builders import ANN, NOON, VENUE, a_page, a_view, faq, published, some_media

TENANT = TenantId(uuid7())
ASKED = {"find", "update", "delete", "findAndModify", "aggregate", "count", "distinct"}


class Overheard(CommandListener):
    """What was sent to the server, as the filter of each part of a command."""

    def __init__(self) -> None:
        self.filters: list[dict[str, Any]] = []
        self.inserted: list[dict[str, Any]] = []
        self.others: set[str] = set()

    @override
    def started(self, event: CommandStartedEvent) -> None:
        command = event.command
        match event.command_name:
            case "find":
                self.filters.append(command["filter"])
            case "update":
                self.filters += [each["q"] for each in command["updates"]]
            case "delete":
                self.filters += [each["q"] for each in command["deletes"]]
            case "insert":
                self.inserted += command["documents"]
            case other:
                self.others.add(other)

    @override
    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Listen to commands alone."""

    @override
    def failed(self, event: CommandFailedEvent) -> None:
        """Listen to commands alone."""


@pytest.fixture
async def overheard(mongodb_url: str) -> AsyncIterator[Overheard]:
    listener, name = Overheard(), f"fairseat_test_{uuid4().hex}"
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        mongodb_url, uuidRepresentation="standard", tz_aware=True, event_listeners=[listener]
    )
    async with client:
        await prepare_documents(client[name], CONTENT_DOCUMENTS)
        listener.filters.clear()
        listener.others.clear()
        yield listener
        await client.drop_database(name)


type Step = tuple[str, Callable[[], Coroutine[Any, Any, object]]]


def methods_of(port: type) -> set[str]:
    return {name for name in vars(port) if not name.startswith("_")}


async def all_of(port: type, steps: list[Step]) -> None:
    """Take the steps, which have to be every method that the port has."""
    for _, step in steps:
        await step()
    assert {name for name, _ in steps} == methods_of(port), "a method that is new belongs here as well"


async def test_whatever_is_done_with_pages_names_the_tenant(overheard: Overheard) -> None:
    pages, page, draft = MongoPageStore(), a_page(), a_page()
    first = published(page)
    second = published(first.changed(PageChange(translations={"en": Translation("New", faq())}), now=NOON))
    wanted = PageFilter(PageKind.FAQ, PageStatus.PUBLISHED, "en", ("new",))
    everything = PageFilter(words=("new",), published_only=False)
    await all_of(
        PageStore,
        [
            ("add", lambda: pages.add(TENANT, page)),
            ("add", lambda: pages.add(TENANT, draft)),
            ("get", lambda: pages.get(TENANT, page.id)),
            ("save", lambda: pages.save(TENANT, first, expected_version=1)),
            ("save", lambda: pages.save(TENANT, second, expected_version=first.version)),
            ("page", lambda: pages.page(TENANT, VENUE, wanted, PageRequest(after=uuid7()))),
            ("page", lambda: pages.page(TENANT, VENUE, everything, PageRequest())),
            ("editions", lambda: pages.editions(TENANT, page.id, before=None, editions_max=9)),
            ("using", lambda: pages.using(TENANT, MediaId(uuid7()), pages_max=1)),
            ("remove", lambda: pages.remove(TENANT, draft.id, expected_version=1)),
        ],
    )
    names_the_tenant(overheard)
    assert second.published is not None and second.published.published_by == ANN


async def test_whatever_is_done_with_media_names_the_tenant(overheard: Overheard) -> None:
    store, view, upload = MongoMediaStore(), a_view("A"), some_media(state=MediaState.UPLOADING)
    await all_of(
        MediaStore,
        [
            ("add", lambda: store.add(TENANT, view)),
            ("add", lambda: store.add(TENANT, upload)),
            ("get", lambda: store.get(TENANT, view.id)),
            ("twin", lambda: store.twin(TENANT, sha256="00", content_type="image/png")),
            ("stored_at", lambda: store.stored_at(TENANT, upload.id, "key")),
            ("make_ready", lambda: store.make_ready(TENANT, upload.id)),
            ("pin", lambda: store.pin(TENANT, VENUE, [upload.id], a_page().id, now=NOON)),
            ("sharers", lambda: store.sharers(TENANT, view)),
            ("page", lambda: store.page(TENANT, VENUE, PageRequest(after=uuid7()), kind=MediaKind.IMAGE)),
            ("views", lambda: store.views(TENANT, VENUE, section_key="a", views_max=1)),
            ("retire", lambda: store.retire(TENANT, view)),
            ("remove", lambda: store.remove(TENANT, view.id)),
        ],
    )
    names_the_tenant(overheard)


def names_the_tenant(overheard: Overheard) -> None:
    assert len(overheard.filters) >= 10
    assert [each for each in overheard.filters if not _is_tenants(each)] == []
    assert [each for each in overheard.inserted if not _is_tenants(each)] == []
    assert overheard.others.isdisjoint(ASKED)


def _is_tenants(document: Mapping[str, Any]) -> bool:
    value = document.get("tenantId")
    return (value.as_uuid() if isinstance(value, Binary) else value) == TENANT


def test_what_names_no_tenant_is_seen() -> None:
    overheard = Overheard()
    overheard.filters += [{"tenantId": TENANT}] * 10 + [{"_id": TENANT}]
    with pytest.raises(AssertionError):
        names_the_tenant(overheard)

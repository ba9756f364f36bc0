"""The content service: what venues say and show of themselves, on content_db (MongoDB)."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.http.content import PageController, VenuePageController
from adapters.mongo.client import Database, create_client, database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.content_health import ContentIndexes
from adapters.mongo.content_pages import MongoPageStore
from adapters.mongo.health import MongoHealth
from adapters.mongo.idempotency import MongoIdempotencyStore, prepare_idempotency_keys
from bootstrap.containers.service import Service, linked
from bootstrap.settings import Settings
from ports.content import PageStore
from ports.idempotency import IdempotencyStore
from ports.published.venues import VenuesApi
from usecases.content.archive_page import ArchivePage
from usecases.content.create_page import CreatePage
from usecases.content.delete_page import DeletePage
from usecases.content.list_editions import ListEditions
from usecases.content.list_pages import ListPages
from usecases.content.publish_page import PublishPage
from usecases.content.read_page import ReadPage
from usecases.content.update_page import UpdatePage

_CONNECTIONS_MAX = 20


class ContentProvider(Provider):
    """Pages of venues, and the database that they share with reviews."""

    scope = Scope.APP
    usecases = provide_all(
        CreatePage, ReadPage, ListPages, UpdatePage, PublishPage, ArchivePage, DeletePage, ListEditions
    )
    health = provide(MongoHealth)
    indexes = provide(ContentIndexes)

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        """Make the client, bind the documents, make their indexes, and close the client at the end."""
        mongo = settings.content_database
        async with create_client(mongo.url.reveal(), connections_max=_CONNECTIONS_MAX) as client:
            database = database_of(client, mongo.name)
            await prepare_documents(database, CONTENT_DOCUMENTS)
            yield database

    @provide
    def pages(self, database: Database) -> PageStore:
        """Return the pages of the database, whose documents are bound by now."""
        assert database is not None
        return MongoPageStore()

    @provide
    async def idempotency(self, database: Database) -> IdempotencyStore:
        """Make the indexes, and return the keys of idempotent requests."""
        await prepare_idempotency_keys(database)
        return MongoIdempotencyStore(database)


def content_service() -> Service:
    """Return the content service."""
    return Service(
        name="content",
        providers=(ContentProvider(), linked(VenuesApi)),
        controllers=(VenuePageController, PageController),
        checks=(MongoHealth, ContentIndexes),
    )

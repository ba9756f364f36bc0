"""The content service: what venues say and show of themselves, on content_db (MongoDB)."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator
from pathlib import Path

from dishka import AnyOf, Provider, Scope, provide, provide_all

from adapters.http.content import PageController, VenuePageController
from adapters.http.content_media import MediaController, VenueMediaController
from adapters.http.reviews import RatingsController, ReviewController, VenueReviewController
from adapters.inprocess.data_of_content import ContentData
from adapters.mongo.client import Database, create_client, database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.content_health import ContentIndexes
from adapters.mongo.content_media import MongoMediaStore
from adapters.mongo.content_pages import MongoPageStore
from adapters.mongo.health import MongoHealth
from adapters.mongo.idempotency import MongoIdempotencyStore, prepare_idempotency_keys
from adapters.mongo.outbox import prepare_outbox
from adapters.mongo.personal_data import MongoPersonalData
from adapters.mongo.personal_data_plans import CONTENT
from adapters.object_storage.content_media import LocalMediaStorage, s3_media_storage
from adapters.system.file_types import MagicFileTypes
from bootstrap.containers.personal_data import AnswersProvider, MongoMessagesProvider, person_subscriptions
from bootstrap.containers.reviews import REVIEW_JOBS, ReviewsProvider
from bootstrap.containers.service import JobSpec, Service, linked
from bootstrap.settings import Settings
from core.content.media import MediaLimits
from ports.content import FileTypes, MediaStorage, MediaStore, MediaUpkeep, PageStore
from ports.idempotency import IdempotencyStore
from ports.personal_data import PersonalData
from ports.published.admission import AdmissionApi
from ports.published.venues import VenuesApi
from usecases.content.archive_page import ArchivePage
from usecases.content.create_page import CreatePage
from usecases.content.delete_media import DeleteMedia
from usecases.content.delete_page import DeletePage
from usecases.content.discard_media import DiscardMedia
from usecases.content.list_editions import ListEditions
from usecases.content.list_media import ListMedia, ListViews
from usecases.content.list_pages import ListPages
from usecases.content.media_check import MediaCheck
from usecases.content.publish_page import PublishPage
from usecases.content.read_media import ReadMedia
from usecases.content.read_page import ReadPage
from usecases.content.sweep_media import SweepMedia
from usecases.content.update_page import UpdatePage
from usecases.content.upload_media import UploadMedia
from usecases.messaging.prune_events import PruneEvents
from usecases.messaging.relay_outbox import RelayOutbox
from usecases.reviews.forget_reviewer import ForgetReviewer

SWEEP_INTERVAL_S = 300.0

_CONNECTIONS_MAX = 20


class ContentProvider(Provider):
    """Pages of venues, and the database that they share with reviews."""

    scope = Scope.APP
    usecases = provide_all(
        CreatePage,
        ReadPage,
        ListPages,
        UpdatePage,
        PublishPage,
        ArchivePage,
        DeletePage,
        ListEditions,
        MediaCheck,
        UploadMedia,
        ReadMedia,
        ListMedia,
        ListViews,
        DeleteMedia,
        DiscardMedia,
        SweepMedia,
    )
    health = provide(MongoHealth)
    indexes = provide(ContentIndexes)
    types = provide(MagicFileTypes, provides=FileTypes)

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        """Make the client, bind the documents, make their indexes, and close the client at the end."""
        mongo = settings.content_database
        async with create_client(mongo.url.reveal(), connections_max=_CONNECTIONS_MAX) as client:
            database = database_of(client, mongo.name)
            await prepare_documents(database, CONTENT_DOCUMENTS)
            yield database

    @provide
    async def personal_data(self, database: Database, forget: ForgetReviewer) -> PersonalData:
        """Make the indexes of the outbox that the answers go to, and return what is kept about a person."""
        await prepare_outbox(database)
        return ContentData(MongoPersonalData(database, CONTENT), forget)

    @provide
    def pages(self, database: Database) -> PageStore:
        """Return the pages of the database, whose documents are bound by now."""
        assert database is not None
        return MongoPageStore()

    @provide(provides=AnyOf[MediaStore, MediaUpkeep])
    def media(self, database: Database) -> MongoMediaStore:
        """Return what is known of the media in the database, whose documents are bound by now."""
        assert database is not None
        return MongoMediaStore()

    @provide
    def storage(self, settings: Settings) -> MediaStorage:
        """Return where the bytes of media lie."""
        media = settings.media
        if media.store == "local":
            return LocalMediaStorage(Path(media.folder))
        return s3_media_storage(
            bucket=media.bucket,
            region=media.region,
            endpoint=media.endpoint,
            access_key_id=media.access_key_id.reveal(),
            secret_access_key=media.secret_access_key.reveal(),
        )

    @provide
    def limits(self, settings: Settings) -> MediaLimits:
        """Return how many bytes a file may have."""
        return MediaLimits(bytes_max=settings.media.bytes_max)

    @provide
    async def idempotency(self, database: Database) -> IdempotencyStore:
        """Make the indexes, and return the keys of idempotent requests."""
        await prepare_idempotency_keys(database)
        return MongoIdempotencyStore(database)


def content_service() -> Service:
    """Return the content service."""
    return Service(
        name="content",
        providers=(
            ContentProvider(),
            ReviewsProvider(),
            linked(VenuesApi, AdmissionApi),
            MongoMessagesProvider("content"),
            AnswersProvider("content"),
        ),
        controllers=(
            VenuePageController,
            PageController,
            VenueMediaController,
            MediaController,
            VenueReviewController,
            ReviewController,
            RatingsController,
        ),
        subscriptions=person_subscriptions("content"),
        jobs=(
            JobSpec("sweep_media", SWEEP_INTERVAL_S, SweepMedia),
            *REVIEW_JOBS,
            JobSpec("relay_outbox", 1.0, RelayOutbox),
            JobSpec("prune_messages", 300.0, PruneEvents),
        ),
        checks=(MongoHealth, ContentIndexes),
    )

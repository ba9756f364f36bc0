"""The venue service: venues, seating, resale and long operations, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.cached.venues import CachedVenues
from adapters.http.venues import OrganiserSettingsController, VenueController
from adapters.inprocess.data_of_venue import VenueData
from adapters.inprocess.venues import InProcessVenues, InProcessVenueSections
from adapters.postgres.health import PostgresHealth
from adapters.postgres.personal_data import PostgresPersonalData
from adapters.postgres.personal_data_plans import VENUES
from adapters.postgres.resale_persons import PostgresOffersOfPerson
from adapters.postgres.venues import PostgresVenueTransactions
from adapters.redis.cache import RedisCache
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.system.operation_health import OperationHealth
from bootstrap.containers.evaluations import (
    EVALUATION_CONTROLLERS,
    EVALUATION_JOBS,
    EVALUATION_SUBSCRIPTIONS,
    EvaluationProvider,
)
from bootstrap.containers.market import MARKET_CONTROLLERS, MARKET_JOBS, MARKET_SUBSCRIPTIONS, MarketProvider
from bootstrap.containers.operations import (
    OPERATION_CONTROLLERS,
    OPERATION_JOBS,
    OPERATION_LINKS,
    OPERATION_STREAMS,
    OperationsProvider,
)
from bootstrap.containers.personal_data import AnswersProvider, PostgresMessagesProvider, person_subscriptions
from bootstrap.containers.receipts import RECEIPT_CONTROLLERS, ReceiptsProvider
from bootstrap.containers.resale import RESALE_CONTROLLERS, RESALE_JOBS, RESALE_SUBSCRIPTIONS, ResaleProvider
from bootstrap.containers.seating import (
    SEATING_CONTROLLERS,
    SEATING_JOBS,
    SEATING_STREAMS,
    SEATING_SUBSCRIPTIONS,
    SeatingProvider,
)
from bootstrap.containers.service import EngineProvider, Pools, PostgresProvider, Service, linked, relay_jobs
from bootstrap.containers.transfers import (
    TRANSFER_CONTROLLERS,
    TRANSFER_JOBS,
    TRANSFER_SUBSCRIPTIONS,
    TransfersProvider,
)
from bootstrap.settings import Settings
from ports.clock import Clock
from ports.events import Subscription
from ports.personal_data import PersonalData
from ports.published.admission import AdmissionApi
from ports.published.identity import IdentityApi
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi
from ports.published.ticketing import EventSalesApi, TicketingApi
from ports.published.venues import VenueDeleted, VenuesApi, VenueSectionsApi, VenueSettingsChanged, VenueUpdated
from ports.resale.persons import OffersOfPerson
from ports.venues import RememberedVenues, VenueTransactions
from usecases.resale.leave_market import LeaveMarket
from usecases.venues.create_venue import CreateVenue
from usecases.venues.delete_venue import DeleteVenue
from usecases.venues.edit_layout import EditLayout
from usecases.venues.forget_changed_venue import ForgetChangedVenue
from usecases.venues.put_sections import PutMissingSections, TakeBackSections
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings
from usecases.venues.update_venue import UpdateVenue

# Whoever reads a venue waits for Redis at most this long; then venues are read from their database.
_REDIS_TIMEOUT_S = 0.25

VENUE_SUBSCRIPTIONS = tuple(
    Subscription("venues.forget_changed", event, ForgetChangedVenue)
    for event in (VenueUpdated, VenueDeleted, VenueSettingsChanged)
)


class VenuesProvider(Provider):
    """The venues context."""

    scope = Scope.APP
    transactions = provide(PostgresVenueTransactions, provides=VenueTransactions)
    usecases = provide_all(
        CreateVenue,
        ReadVenues,
        UpdateVenue,
        DeleteVenue,
        EditLayout,
        PutMissingSections,
        TakeBackSections,
        TuneSettings,
    )
    forget = provide(ForgetChangedVenue)
    published = provide(InProcessVenues, provides=VenuesApi)
    published_sections = provide(InProcessVenueSections, provides=VenueSectionsApi)

    @provide
    async def remembered(self, settings: Settings, clock: Clock) -> AsyncIterator[RememberedVenues]:
        """Make the cache of venues, and close its connections at the end."""
        url = settings.redis.url.reveal()
        async with redis_client(url, timeout_s=_REDIS_TIMEOUT_S, retries_max=0) as client:
            yield CachedVenues(RedisCache(client), RedisLocks(client), clock)


class VenueDataProvider(Provider):
    """What the service keeps about persons; beside MarketProvider and TransfersProvider."""

    scope = Scope.APP
    leave = provide(LeaveMarket)

    @provide
    def offers(self, pools: Pools) -> OffersOfPerson:
        """Return what persons have on the market, across organisations."""
        return PostgresOffersOfPerson(pools.app)

    @provide
    def data(self, pools: Pools, leave: LeaveMarket) -> PersonalData:
        """Return its rows; an erasure begins with leaving the market."""
        return VenueData(PostgresPersonalData(pools.app, VENUES), leave)


def venue_service() -> Service:
    """Return the venue service."""
    return Service(
        name="venue",
        providers=(
            PostgresProvider("venue"),
            EngineProvider("venue"),
            VenuesProvider(),
            SeatingProvider(),
            ResaleProvider(),
            ReceiptsProvider(),
            MarketProvider(),
            EvaluationProvider(),
            TransfersProvider(),
            OperationsProvider(),
            VenueDataProvider(),
            PostgresMessagesProvider(),
            AnswersProvider("venue"),
            linked(TicketingApi, EventSalesApi, AdmissionApi, OrdersApi, PaymentsApi, IdentityApi),
        ),
        controllers=(
            VenueController,
            OrganiserSettingsController,
            *SEATING_CONTROLLERS,
            *RESALE_CONTROLLERS,
            *RECEIPT_CONTROLLERS,
            *MARKET_CONTROLLERS,
            *EVALUATION_CONTROLLERS,
            *TRANSFER_CONTROLLERS,
            *OPERATION_CONTROLLERS,
        ),
        subscriptions=(
            *VENUE_SUBSCRIPTIONS,
            *SEATING_SUBSCRIPTIONS,
            *RESALE_SUBSCRIPTIONS,
            *MARKET_SUBSCRIPTIONS,
            *EVALUATION_SUBSCRIPTIONS,
            *TRANSFER_SUBSCRIPTIONS,
            *person_subscriptions("venue"),
        ),
        jobs=(
            *relay_jobs(),
            *SEATING_JOBS,
            *RESALE_JOBS,
            *MARKET_JOBS,
            *EVALUATION_JOBS,
            *TRANSFER_JOBS,
            *OPERATION_JOBS,
        ),
        checks=(PostgresHealth, OperationHealth),
        streams=(*SEATING_STREAMS, *OPERATION_STREAMS),
        late_links=OPERATION_LINKS,
    )

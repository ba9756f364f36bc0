"""The ticket service: the catalogue and general admission, on ticket_db (MongoDB)."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

from dishka import AnyOf, Provider, Scope, provide, provide_all

from adapters.http.general_admission import GeneralAdmissionController
from adapters.http.tickets import TicketController
from adapters.inprocess.general_admission import InProcessGeneralAdmission
from adapters.inprocess.ticketing import InProcessEventSales, InProcessTicketing
from adapters.mongo.charging import MongoCharging
from adapters.mongo.client import Database, create_client, database_of
from adapters.mongo.health import MongoHealth
from adapters.mongo.idempotency import MongoIdempotencyStore, prepare_idempotency_keys
from adapters.mongo.outbox import prepare_outbox
from adapters.mongo.personal_data import MongoPersonalData
from adapters.mongo.personal_data_plans import TICKETS
from adapters.mongo.places import MongoPlaces, prepare_places
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from adapters.system.hold_tokens import RandomHoldTokens
from bootstrap.containers.personal_data import AnswersProvider, MongoMessagesProvider, person_subscriptions
from bootstrap.containers.service import JobSpec, Service, linked
from bootstrap.settings import Settings
from core.ticketing.charging import ChargingTerms
from ports.events import Subscription
from ports.hold_tokens import HoldTokens
from ports.idempotency import IdempotencyStore
from ports.personal_data import PersonalData
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.orders import ItemsReturned, OrderCancelled
from ports.published.payments import AccountChanged, VenueAccountsApi
from ports.published.ticketing import EventSalesApi, TicketingApi
from ports.published.venues import VenuesApi
from ports.ticketing import ChargingStore, PlacesLedger, PlacesUpkeep, TicketStore
from usecases.messaging.prune_events import PruneEvents
from usecases.messaging.relay_outbox import RelayOutbox
from usecases.ticketing.cancel_ticket import CancelTicket
from usecases.ticketing.count_places import CountPlaces
from usecases.ticketing.create_ticket import CreateTicket
from usecases.ticketing.expire_places import ExpirePlaces
from usecases.ticketing.hold_places import HoldPlaces
from usecases.ticketing.list_tickets import ListTickets
from usecases.ticketing.look_up_ticket import LookUpTicket
from usecases.ticketing.manage_places import ExtendPlaces, ReadPlaces, ReleasePlaces
from usecases.ticketing.on_account_changed import NoteAccountChange
from usecases.ticketing.on_items_returned import ReturnPlaces
from usecases.ticketing.on_order_cancelled import ReleaseCancelledPlaces
from usecases.ticketing.paid_sales import PaidSales
from usecases.ticketing.publish_ticket import PublishTicket
from usecases.ticketing.read_stock import ReadStock
from usecases.ticketing.read_ticket import ReadTicket
from usecases.ticketing.reserve_places import (
    FinalisePlaces,
    ProtectPlaces,
    ReclaimPlaces,
    ReleaseFromOrder,
    ReserveForOrder,
)
from usecases.ticketing.update_ticket import UpdateTicket

SWEEP_INTERVAL_S = 5.0

_CONNECTIONS_MAX = 50


class TicketingProvider(Provider):
    """The ticketing context, and its database. Its outbox is for answers about persons' data alone."""

    scope = Scope.APP
    usecases = provide_all(
        CreateTicket,
        ReadTicket,
        ReadStock,
        ListTickets,
        UpdateTicket,
        PublishTicket,
        CancelTicket,
        LookUpTicket,
        HoldPlaces,
        ReadPlaces,
        ExtendPlaces,
        ReleasePlaces,
        ReserveForOrder,
        ProtectPlaces,
        FinalisePlaces,
        ReclaimPlaces,
        ReleaseFromOrder,
        ReleaseCancelledPlaces,
        ReturnPlaces,
        ExpirePlaces,
        CountPlaces,
        PaidSales,
        NoteAccountChange,
    )
    tokens = provide(RandomHoldTokens, provides=HoldTokens)
    published = provide(InProcessTicketing, provides=TicketingApi)
    published_sales = provide(InProcessEventSales, provides=EventSalesApi)
    published_places = provide(InProcessGeneralAdmission, provides=GeneralAdmissionApi)
    health = provide(MongoHealth)
    charging = provide(MongoCharging, provides=ChargingStore)

    @provide
    def terms(self, settings: Settings) -> ChargingTerms:
        """Return whether what costs something needs an account to be sold."""
        return ChargingTerms(needed=settings.stripe.connect == "required")

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        """Make the client, and close it at the end."""
        mongo = settings.ticket_database
        async with create_client(mongo.url.reveal(), connections_max=_CONNECTIONS_MAX) as client:
            yield database_of(client, mongo.name)

    @provide
    async def personal_data(self, database: Database) -> PersonalData:
        """Make the indexes of the outbox that the answers go to, and return the reservations."""
        await prepare_outbox(database)
        return MongoPersonalData(database, TICKETS)

    @provide
    async def tickets(self, database: Database) -> TicketStore:
        """Bind the documents, make their indexes, and return the store."""
        await prepare_tickets(database)
        return MongoTicketStore()

    @provide(provides=AnyOf[PlacesLedger, PlacesUpkeep])
    async def places(self, database: Database) -> MongoPlaces:
        """Make the indexes, and return the ledger."""
        await prepare_places(database)
        return MongoPlaces(database)

    @provide
    async def idempotency(self, database: Database) -> IdempotencyStore:
        """Make the indexes, and return the keys of idempotent requests."""
        await prepare_idempotency_keys(database)
        return MongoIdempotencyStore(database)


def ticket_service() -> Service:
    """Return the ticket service."""
    return Service(
        name="ticket",
        providers=(
            TicketingProvider(),
            linked(VenuesApi, VenueAccountsApi),
            MongoMessagesProvider("ticket"),
            AnswersProvider("ticket"),
        ),
        controllers=(TicketController, GeneralAdmissionController),
        subscriptions=(
            Subscription("ticketing.release_cancelled_order", OrderCancelled, ReleaseCancelledPlaces),
            Subscription("ticketing.note_account_change", AccountChanged, NoteAccountChange),
            Subscription("ticketing.return_places", ItemsReturned, ReturnPlaces),
            *person_subscriptions("ticket"),
        ),
        jobs=(
            JobSpec("expire_places", SWEEP_INTERVAL_S, ExpirePlaces),
            JobSpec("relay_outbox", 1.0, RelayOutbox),
            JobSpec("prune_messages", 300.0, PruneEvents),
        ),
        checks=(MongoHealth,),
    )

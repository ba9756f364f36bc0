"""The ticket service: the catalogue, on ticket_db (MongoDB)."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide, provide_all

from adapters.http.tickets import TicketController
from adapters.inprocess.no_general_admission import NoGeneralAdmission
from adapters.inprocess.ticketing import InProcessTicketing
from adapters.mongo.client import Database, create_client, database_of
from adapters.mongo.health import MongoHealth
from adapters.mongo.idempotency import MongoIdempotencyStore, prepare_idempotency_keys
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from bootstrap.containers.service import Service, linked
from bootstrap.settings import Settings
from ports.idempotency import IdempotencyStore
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from ports.ticketing import TicketStore
from usecases.ticketing.create_ticket import CreateTicket
from usecases.ticketing.list_tickets import ListTickets
from usecases.ticketing.look_up_ticket import LookUpTicket
from usecases.ticketing.publish_ticket import PublishTicket
from usecases.ticketing.read_ticket import ReadTicket
from usecases.ticketing.update_ticket import UpdateTicket

_CONNECTIONS_MAX = 50


class TicketingProvider(Provider):
    """The ticketing context, and its database. It has no outbox, so no relay either."""

    scope = Scope.APP
    usecases = provide_all(CreateTicket, ReadTicket, ListTickets, UpdateTicket, PublishTicket, LookUpTicket)
    published = provide(InProcessTicketing, provides=TicketingApi)
    published_places = provide(NoGeneralAdmission, provides=GeneralAdmissionApi)
    health = provide(MongoHealth)

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        """Make the client, and close it at the end."""
        mongo = settings.ticket_database
        async with create_client(mongo.url.reveal(), connections_max=_CONNECTIONS_MAX) as client:
            yield database_of(client, mongo.name)

    @provide
    async def tickets(self, database: Database) -> TicketStore:
        """Bind the documents, make their indexes, and return the store."""
        await prepare_tickets(database)
        return MongoTicketStore()

    @provide
    async def idempotency(self, database: Database) -> IdempotencyStore:
        """Make the indexes, and return the keys of idempotent requests."""
        await prepare_idempotency_keys(database)
        return MongoIdempotencyStore(database)


def ticket_service() -> Service:
    """Return the ticket service."""
    return Service(
        name="ticket",
        providers=(TicketingProvider(), linked(VenuesApi)),
        controllers=(TicketController,),
        checks=(MongoHealth,),
    )

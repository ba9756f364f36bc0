"""Answering for persons' data, a part of every service that keeps some."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.mongo.client import Database
from adapters.mongo.outbox import MongoOutboxQueue
from adapters.mongo.personal_data import MongoPersonalDataAnswers, MongoPersonMessages
from adapters.postgres.personal_data import (
    PersonPlan,
    PostgresPersonalData,
    PostgresPersonalDataAnswers,
    PostgresPersonMessages,
)
from bootstrap.containers.service import Pools
from ports.clock import Clock
from ports.events import EventPublisher, OutboxQueue, Subscription
from ports.ids import IdSource
from ports.personal_data import PersonalData, PersonalDataAnswers, PersonMessages, ServiceName
from ports.published.users import ErasureRequested, ExportRequested, PersonErased
from usecases.messaging.prune_events import PruneEvents
from usecases.messaging.relay_outbox import RelayOutbox
from usecases.personal_data.erase_person import ErasePerson, ForgetMessages
from usecases.personal_data.hand_over import HandOverPersonalData


class AnswersProvider(Provider):
    """The use cases; the container must also give PersonalData, PersonMessages and PersonalDataAnswers."""

    scope = Scope.APP
    usecases = provide_all(HandOverPersonalData, ErasePerson, ForgetMessages)

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @provide
    def name(self) -> ServiceName:
        """Return by which name the service answers."""
        return ServiceName(self._service)


class PostgresMessagesProvider(Provider):
    """The messages of a service on PostgreSQL; `tenant_owned` is false where they may belong to no organisation."""

    scope = Scope.APP

    def __init__(self, *, tenant_owned: bool = True) -> None:
        super().__init__()
        self._tenant_owned = tenant_owned

    @provide
    def messages(self, pools: Pools) -> PersonMessages:
        """Return the messages as the relay role."""
        return PostgresPersonMessages(pools.relay)

    @provide
    def answers(self, pools: Pools, ids: IdSource, clock: Clock) -> PersonalDataAnswers:
        """Return the way out as the app role."""
        return PostgresPersonalDataAnswers(pools.app, ids, clock, tenant_owned=self._tenant_owned)


class PlanProvider(Provider):
    """What a service keeps, where a plan says all of it."""

    scope = Scope.APP

    def __init__(self, plan: PersonPlan) -> None:
        super().__init__()
        self._plan = plan

    @provide
    def data(self, pools: Pools) -> PersonalData:
        """Return the rows of the plan."""
        return PostgresPersonalData(pools.app, self._plan)


class MongoMessagesProvider(Provider):
    """The messages of a service on MongoDB, and the relay of its events."""

    scope = Scope.APP

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @provide
    def messages(self, database: Database) -> PersonMessages:
        """Return the messages."""
        return MongoPersonMessages(database)

    @provide
    def answers(self, database: Database, ids: IdSource, clock: Clock) -> PersonalDataAnswers:
        """Return the way out."""
        return MongoPersonalDataAnswers(database, ids, clock)

    @provide
    def queue(self, database: Database) -> OutboxQueue:
        """Return the relay's view of the outbox."""
        return MongoOutboxQueue(database, source=f"fairseat/{self._service}")

    @provide
    def relay(self, queue: OutboxQueue, publisher: EventPublisher, clock: Clock) -> RelayOutbox:
        """Return the work that publishes the service's events."""
        return RelayOutbox(queue, publisher, clock)

    @provide
    def prune(self, queue: OutboxQueue, clock: Clock) -> PruneEvents:
        """Return the work that tidies the outbox."""
        return PruneEvents(queue, clock)


def person_subscriptions(service: str) -> tuple[Subscription, ...]:
    """Return what a service listens to that keeps something about persons."""
    return (
        Subscription(f"{service}.hand_over_personal_data", ExportRequested, HandOverPersonalData),
        Subscription(f"{service}.erase_person", ErasureRequested, ErasePerson),
        Subscription(f"{service}.forget_messages", PersonErased, ForgetMessages),
    )

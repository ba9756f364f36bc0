"""What a service is made of, and the parts that many of them share."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container, provide
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.health import PostgresHealth
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.inbox import PostgresInboxKeeper
from adapters.postgres.outbox import PostgresOutboxQueue
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.sessions import check_engine, create_engine
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from adapters.system.observer import NOBODY, Observer
from adapters.system.watched_ports import WatchedPublisher, watched_link
from bootstrap.settings import Settings
from ports.clock import Clock
from ports.events import EventPublisher, OutboxQueue, Subscription
from ports.health import HealthCheck
from ports.idempotency import IdempotencyStore
from ports.ids import IdSource
from usecases.messaging.prune_messages import PruneMessages
from usecases.messaging.relay_outbox import RelayOutbox

_RELAY_CONNECTIONS_MAX = 3


class Work(Protocol):
    """A background use case: how many things it did; call it again at once while that is not 0."""

    async def __call__(self) -> int: ...


class Streams(Protocol):
    """Answers that go on until somebody ends them."""

    async def stop(self) -> None:
        """End them all, and take no new one."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A background use case of a service: run every `interval_s`, and again at once while there is work."""

    name: str
    interval_s: float
    usecase: type[Work]


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """A channel of the service's database, and the job that a NOTIFY of any process wakes."""

    channel: str
    job: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service: what its container is made of, and what it shows to the world.

    `secrets` are what it makes of secrets: they are made at the start, so that a wrong one is told then.
    """

    name: str
    providers: Sequence[Provider]
    controllers: Sequence[ControllerRouterHandler] = ()
    root_controllers: Sequence[ControllerRouterHandler] = ()
    subscriptions: Sequence[Subscription] = ()
    jobs: Sequence[JobSpec] = ()
    alarms: Sequence[AlarmSpec] = ()
    checks: Sequence[type[HealthCheck]] = ()
    streams: Sequence[type[Streams]] = ()
    secrets: Sequence[type[object]] = ()
    late_links: Sequence[type[object]] = ()

    @property
    def links(self) -> frozenset[type[object]]:
        """The published APIs of other services that this one calls; `late_links` are those it has by other ways."""
        linked_ = (each.apis for each in self.providers if isinstance(each, LinkedApis))
        return frozenset(chain(self.late_links, *linked_))


class Elsewhere(Protocol):
    """The services of other processes."""

    async def get[T](self, api: type[T]) -> T:
        """Return a client of a published API; nobody is asked yet."""
        ...

    async def close(self) -> None:
        """Close every connection."""


@dataclass(slots=True)
class Links:
    """How the services of a process reach one another and the world of events; filled by the topology."""

    served_by: dict[type, AsyncContainer] = field(default_factory=dict[type, AsyncContainer])
    publisher: EventPublisher | None = None
    elsewhere: Elsewhere | None = None
    observer: Observer = NOBODY

    async def get[T](self, api: type[T]) -> T:
        """Return the implementation of a published API: that of this process, or a client of another's."""
        here = self.served_by.get(api)
        if here is not None:
            return await here.get(api)
        assert self.elsewhere is not None, f"nobody serves {api.__name__}"
        return await self.elsewhere.get(api)


@dataclass(frozen=True, slots=True)
class Pools:
    """The two roles' connections to a service's database."""

    app: Pool
    relay: Pool


class SystemProvider(Provider):
    """Settings, time, ids and the way out for events."""

    scope = Scope.APP
    settings = from_context(Settings)
    links = from_context(Links)
    clock = provide(SystemClock, provides=Clock)
    ids = provide(Uuid7Source, provides=IdSource)

    @provide
    def publisher(self, links: Links) -> EventPublisher:
        """Return where the relay publishes to."""
        assert links.publisher is not None, "the topology sets the publisher before anything runs"
        return links.publisher if links.observer is NOBODY else WatchedPublisher(links.publisher, links.observer)

    @provide
    def observer(self, links: Links) -> Observer:
        """Return who watches this process."""
        return links.observer


class PostgresProvider(Provider):
    """A service's database: pools of both roles, outbox queue, idempotency keys, and the relay of its events."""

    scope = Scope.APP

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @provide
    async def pools(self, settings: Settings) -> AsyncIterator[Pools]:
        """Open the pools, and close them at the end."""
        database = settings.database(self._service)
        app = await open_pool(database.url.reveal(), connections_max=database.connections_max)
        try:
            relay = await open_pool(database.relay_url.reveal(), connections_max=_RELAY_CONNECTIONS_MAX)
            try:
                yield Pools(app, relay)
            finally:
                await relay.close()
        finally:
            await app.close()

    @provide
    def outbox_queue(self, pools: Pools) -> OutboxQueue:
        """Return the relay's view of the outbox."""
        return PostgresOutboxQueue(pools.relay, source=f"fairseat/{self._service}")

    @provide
    def health(self, queue: OutboxQueue, clock: Clock) -> PostgresHealth:
        """Return the question whether the database can be used."""
        return PostgresHealth(f"{self._service}_db", queue, clock)

    @provide
    def relay(self, queue: OutboxQueue, publisher: EventPublisher, clock: Clock) -> RelayOutbox:
        """Return the work that publishes the service's events."""
        return RelayOutbox(queue, publisher, clock)

    @provide
    def prune(self, queue: OutboxQueue, pools: Pools, idempotency: IdempotencyStore, clock: Clock) -> PruneMessages:
        """Return the work that tidies the message tables."""
        return PruneMessages(queue, PostgresInboxKeeper(pools.relay), idempotency, clock)

    @provide
    def idempotency(self, pools: Pools) -> IdempotencyStore:
        """Return the keys of idempotent requests."""
        return PostgresIdempotencyStore(pools.app, pools.relay)


class EngineProvider(Provider):
    """A SQLAlchemy engine on a service's database, for the stores that Advanced Alchemy serves."""

    scope = Scope.APP

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    @provide
    async def engine(self, settings: Settings) -> AsyncIterator[AsyncEngine]:
        """Make the engine, check its role, and dispose of it at the end."""
        database = settings.database(self._service)
        engine = create_engine(database.url.reveal(), connections_max=database.connections_max)
        try:
            await check_engine(engine)
            yield engine
        finally:
            await engine.dispose()


class LinkedApis(Provider):
    """Published APIs of other services, through the links."""

    def __init__(self, apis: Sequence[type[object]]) -> None:
        super().__init__(scope=Scope.APP)
        self.apis = apis
        for api in apis:
            self.provide(_link_to(api), provides=api)


def linked(*apis: type[object]) -> LinkedApis:
    """Provide published APIs of other services through the links."""
    return LinkedApis(apis)


def _link_to(api: type[object]) -> Callable[..., Awaitable[Any]]:  # Any: what the API is, is known at run time
    async def link(links: Links) -> Any:  # noqa: ANN401  (as above)
        found = await links.get(api)
        return found if links.observer is NOBODY else watched_link(api, found, links.observer)

    return link


def relay_jobs() -> tuple[JobSpec, ...]:
    """Return the jobs of every service that has an outbox."""
    return (
        JobSpec("relay_outbox", 0.2, RelayOutbox),
        JobSpec("prune_messages", 300.0, PruneMessages),
    )


def build_container(service: Service, settings: Settings, links: Links) -> AsyncContainer:
    """Make the container of a service; nothing is connected before something is asked for."""
    return make_async_container(
        SystemProvider(), *service.providers, context={Settings: settings, Links: links}, skip_validation=False
    )

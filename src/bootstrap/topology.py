"""Which services there are, which of them serves which published API, and which way events go between them."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from dishka import AsyncContainer
from litestar import Litestar
from litestar.types import ASGIApp

from adapters.amqp.connection import rabbit_broker
from adapters.amqp.consumers import AmqpConsumers
from adapters.amqp.publisher import AmqpPublisher
from adapters.http.app import ServiceRoutes, create_app
from adapters.http.metrics import Exposition
from adapters.http.observing import ObservedApp
from adapters.inprocess.delivery import InProcessPublisher, Subscriber
from adapters.postgres.alarm import PostgresAlarm
from adapters.system.clock import SystemClock
from adapters.system.loops import Job
from bootstrap.containers.admission import admission_service
from bootstrap.containers.auth import auth_service
from bootstrap.containers.content import content_service
from bootstrap.containers.expiration import expiration_service
from bootstrap.containers.order import order_service
from bootstrap.containers.payment import payment_service
from bootstrap.containers.service import Links, Service, Work, build_container
from bootstrap.containers.ticket import ticket_service
from bootstrap.containers.user import user_service
from bootstrap.containers.venue import venue_service
from bootstrap.limits import Door, door_of
from bootstrap.needs import SERVICES
from bootstrap.other_processes import OtherProcesses, security_of
from bootstrap.settings import Settings, SettingsError
from bootstrap.sight import Sight, open_sight
from bootstrap.version import VERSION
from ports.health import HealthCheck
from ports.published.admission import AdmissionApi
from ports.published.admission_persons import PassesOfPersonApi
from ports.published.event_orders import EventOrdersApi
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.identity import IdentityApi, PersonsApi, TokenKeysApi, TokenVerifier
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi, VenueAccountsApi
from ports.published.resale import ResaleApi
from ports.published.resale_verdicts import VerdictsApi
from ports.published.seating import SeatingApi
from ports.published.ticketing import EventSalesApi, TicketingApi
from ports.published.venues import VenuesApi
from usecases.resale.receipt_keys import ReceiptKeys

SERVED_BY: Mapping[type, str] = {
    TokenVerifier: "auth",
    TokenKeysApi: "auth",
    IdentityApi: "auth",
    PersonsApi: "auth",
    VenuesApi: "venue",
    SeatingApi: "venue",
    ResaleApi: "venue",
    VerdictsApi: "venue",
    TicketingApi: "ticket",
    EventSalesApi: "ticket",
    GeneralAdmissionApi: "ticket",
    PaymentsApi: "payment",
    VenueAccountsApi: "payment",
    OrdersApi: "order",
    EventOrdersApi: "order",
    AdmissionApi: "admission",
    PassesOfPersonApi: "admission",
}

WAKES: Mapping[str, tuple[str, ...]] = {
    "payment.process_webhooks": ("payment.relay_outbox",),
    "payment.relay_outbox": ("order.relay_outbox",),
}
"""The way from a webhook to the passes: whoever made work for the next one wakes it, so that no buyer waits for ticks.

Only what follows in the same process is woken; over a broker, or between processes, the ticks find it.
"""


def all_services() -> tuple[Service, ...]:
    """Return every service of Fairseat."""
    return (
        auth_service(),
        user_service(),
        venue_service(),
        ticket_service(),
        order_service(),
        payment_service(),
        admission_service(),
        content_service(),
        expiration_service(),
    )


@dataclass(frozen=True, slots=True)
class Platform:
    """The services of this process, wired: one container each, links between them, and the way of events."""

    settings: Settings
    services: tuple[Service, ...]
    containers: Mapping[str, AsyncContainer]
    links: Links
    consumers: tuple[AmqpConsumers, ...]
    sight: Sight
    door: Door | None = None

    def app(self) -> Litestar:
        """Return the HTTP application."""
        return create_app(
            [
                ServiceRoutes(
                    service.name, self.containers[service.name], service.controllers, service.root_controllers
                )
                for service in self.services
            ],
            verifier=self._verifier,
            clock=SystemClock(),
            checks=self.checks,
            request_bytes_max=self.settings.http.request_bytes_max,
            version=VERSION,
            limits=self.door.limits if self.door is not None else None,
            metrics=None if self.settings.metrics.port else self.exposition(),
        )

    def asgi(self) -> ASGIApp:
        """Return the HTTP application as it is served: with whatever watches it around it."""
        return ObservedApp(self.app(), self.sight.observer)

    def exposition(self) -> Exposition | None:
        """Return what tells the measurements; None where nothing is measured."""
        return self.sight.exposition(self.checks)

    def jobs(self) -> list[Job]:
        """Return the background work of every service."""
        return [
            Job(
                name := f"{service.name}.{spec.name}",
                spec.interval_s,
                _runner(self.containers[service.name], spec.usecase),
                wakes=tuple(woken for woken in WAKES.get(name, ()) if woken.partition(".")[0] in self.containers),
            )
            for service in self.services
            for spec in service.jobs
        ]

    def alarms(self, wake: Callable[[str], None]) -> list[PostgresAlarm]:
        """Return what wakes jobs by their names as soon as another process, or this one, made work for them."""
        return [
            PostgresAlarm(
                self.settings.database(service.name).relay_url.reveal(),
                spec.channel,
                partial(wake, f"{service.name}.{spec.job}"),
            )
            for service in self.services
            for spec in service.alarms
        ]

    async def checks(self) -> Sequence[HealthCheck]:
        """Return the questions whether everything behind the services can be used."""
        return [await self.containers[service.name].get(check) for service in self.services for check in service.checks]

    @property
    def answers(self) -> Mapping[type, Callable[[], Awaitable[object]]]:
        """What other processes may ask here, each with what gives its implementation."""
        return {api: partial(self.links.get, api) for api in self.links.served_by}

    @property
    def name(self) -> str:
        """What this process calls itself among others: its services."""
        return _named(self.services)

    async def find[T](self, service: str, kind: type[T], /) -> T:
        """Return what a service has."""
        return await self.containers[service].get(kind)

    async def connect(self) -> None:
        """Ask every needed dependency once; raises what the first one raises that cannot be used.

        What is made of secrets is made here, so that a wrong one is told now and not with the first token, pass,
        receipt or letter.
        """
        for service in self.services:
            for kind in service.secrets:
                made = await self.containers[service.name].get(kind)
                if isinstance(made, ReceiptKeys):
                    await made.load()
        for check in await self.checks():
            if check.needed:
                await check.check()

    async def end_streams(self) -> None:
        """End the answers that would go on, so that the server can stop at once; no new ones begin."""
        for service in self.services:
            for kind in service.streams:
                await (await self.containers[service.name].get(kind)).stop()

    async def close(self) -> None:
        """Close every connection."""
        if isinstance(self.links.publisher, AmqpPublisher):
            await self.links.publisher.stop()
        if self.links.elsewhere is not None:
            await self.links.elsewhere.close()
        for container in self.containers.values():
            await container.close()
        if self.door is not None:
            await self.door.close()
        await self.sight.close()

    async def _verifier(self) -> TokenVerifier:
        return await self.links.get(TokenVerifier)


def build_platform(settings: Settings, services: Collection[str] = SERVICES) -> Platform:
    """Wire services, all unless some are named, into one process; nothing is connected yet.

    What the others serve is asked for over gRPC, and events go to them over RabbitMQ.
    """
    everybody = all_services()
    here = tuple(service for service in everybody if service.name in services)
    sight = open_sight(settings)
    elsewhere = OtherProcesses(settings, SERVED_BY, _named(here)) if len(here) < len(everybody) else None
    links = Links(observer=sight.observer, elsewhere=elsewhere)
    containers = {service.name: build_container(service, settings, links) for service in here}
    door = door_of(settings, SystemClock())
    links.served_by.update({api: containers[name] for api, name in SERVED_BY.items() if name in containers})
    if settings.rabbitmq.url is None:
        links.publisher = InProcessPublisher(
            [
                Subscriber(subscription, containers[service.name].get)
                for service in here
                for subscription in service.subscriptions
            ],
            observer=sight.observer,
        )
        return Platform(settings, here, containers, links, (), sight, door)
    url = settings.rabbitmq.url.reveal()
    # The queues of services elsewhere too: what is published before they first run waits for them.
    subscriptions = [subscription for service in everybody for subscription in service.subscriptions]
    links.publisher = AmqpPublisher(rabbit_broker(url), subscriptions=subscriptions)
    consumers = tuple(
        AmqpConsumers(rabbit_broker(url), containers[service.name], service.subscriptions, observer=sight.observer)
        for service in here
        if service.subscriptions
    )
    return Platform(settings, here, containers, links, consumers, sight, door)


def platform_beside(settings: Settings, service: str) -> Platform:
    """Wire one service for a command that works in it; nothing is connected yet.

    The others are asked where they run, when the settings say where that is, and else in this process.
    """
    address = settings.links.address
    return build_platform(settings, [name for name in SERVICES if name == service or not address(name)])


def check_links(settings: Settings, services: Collection[str], *, serving: bool) -> None:
    """Raise SettingsError with a line for each thing that a process without all services lacks to reach the others."""
    here = [service for service in all_services() if service.name in services]
    if len(here) == len(SERVICES):
        return
    problems: list[str] = []
    if settings.rabbitmq.url is None:
        problems.append("FAIRSEAT_RABBITMQ_URL is missing: events go over RabbitMQ to services in other processes.")
    asks = {
        SERVED_BY[api]: service.name
        for service in here
        for api in (*sorted(service.links, key=str), *((TokenVerifier,) if serving else ()))
        if SERVED_BY[api] not in services
    }
    problems += [
        f"FAIRSEAT_LINKS_{asked.upper()} is missing: {name} asks the {asked} service, which is not in this process."
        for asked, name in sorted(asks.items())
        if not settings.links.address(asked)
    ]
    answers = sorted({name for name in SERVED_BY.values() if name in services})
    if serving and answers and settings.links.port is None:
        problems.append(f"FAIRSEAT_LINKS_PORT is missing: other services ask {', '.join(answers)} there.")
    if (asks or answers) and not settings.links.secret and not settings.links.certificate:
        problems.append("FAIRSEAT_LINKS_SECRET is missing, or certificates: services do not answer just anybody.")
    if problems:
        raise SettingsError("\n".join(problems))
    if asks or answers:
        security_of(settings.links, _named(here))


def _named(services: Iterable[Service]) -> str:
    return ",".join(service.name for service in services)


def _runner(container: AsyncContainer, usecase: type[Work]) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        return await (await container.get(usecase))()

    return run

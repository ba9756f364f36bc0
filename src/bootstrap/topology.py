"""Which services there are, which of them serves which published API, and which way events go between them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from bootstrap.settings import Settings
from bootstrap.sight import Sight, open_sight
from bootstrap.version import VERSION
from ports.admission import PassSigner
from ports.health import HealthCheck
from ports.mail import Mailer
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
                wakes=WAKES.get(name, ()),
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

    async def find[T](self, service: str, kind: type[T], /) -> T:
        """Return what a service has."""
        return await self.containers[service].get(kind)

    async def connect(self) -> None:
        """Ask every needed dependency once; raises what the first one raises that cannot be used.

        What is made of secrets is made here, so that a wrong one is told now and not with the first token, pass,
        receipt or letter.
        """
        await self._verifier()
        await self.containers["admission"].get(PassSigner)
        await (await self.containers["venue"].get(ReceiptKeys)).load()
        await self.containers["auth"].get(Mailer)
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
        for container in self.containers.values():
            await container.close()
        if self.door is not None:
            await self.door.close()
        await self.sight.close()

    async def _verifier(self) -> TokenVerifier:
        return await self.links.get(TokenVerifier)


def build_platform(settings: Settings) -> Platform:
    """Wire all services into one process; nothing is connected yet."""
    services = all_services()
    sight = open_sight(settings)
    links = Links(observer=sight.observer)
    containers = {service.name: build_container(service, settings, links) for service in services}
    door = door_of(settings, SystemClock())
    links.served_by.update({api: containers[name] for api, name in SERVED_BY.items()})
    if settings.rabbitmq.url is None:
        links.publisher = InProcessPublisher(
            [
                Subscriber(subscription, containers[service.name].get)
                for service in services
                for subscription in service.subscriptions
            ],
            observer=sight.observer,
        )
        return Platform(settings, services, containers, links, (), sight, door)
    url = settings.rabbitmq.url.reveal()
    everybody = [subscription for service in services for subscription in service.subscriptions]
    links.publisher = AmqpPublisher(rabbit_broker(url), subscriptions=everybody)
    consumers = tuple(
        AmqpConsumers(rabbit_broker(url), containers[service.name], service.subscriptions, observer=sight.observer)
        for service in services
        if service.subscriptions
    )
    return Platform(settings, services, containers, links, consumers, sight, door)


def _runner(container: AsyncContainer, usecase: type[Work]) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        return await (await container.get(usecase))()

    return run

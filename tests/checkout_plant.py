"""The services that a checkout goes through, composed as in production, over stores that outlive their process."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID

from dishka import AsyncContainer, Provider, Scope, make_async_container

from bootstrap.containers.admission import admission_service
from bootstrap.containers.expiration import expiration_service
from bootstrap.containers.order import order_service
from bootstrap.containers.payment import payment_service
from bootstrap.containers.service import Links, Service, SystemProvider
from bootstrap.containers.ticket import ticket_service
from bootstrap.containers.venue import venue_service
from bootstrap.settings import Settings
from bootstrap.topology import SERVED_BY
from core.payments.errors import ProviderUnavailableError
from core.shared.errors import UnavailableError
from ports.admission import AdmissionTransactions
from ports.events import Envelope, EventPublisher, OutboxQueue, PublisherUnavailableError, Subscription
from ports.expiration import Timers, TimersUnavailableError
from ports.orders import DueOrders, DueRefunds, OrderTransactions
from ports.payments import PaymentGateway, PaymentTransactions, UnsettledPayments, UnsettledRefunds
from ports.payments.disputes import UnsettledDisputes
from ports.payments.payouts import UnsettledPayouts
from ports.published.admission import AdmissionApi
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.payments import PaymentsApi
from ports.published.refusals import LinkUnavailableError
from ports.published.resale import ResaleApi
from ports.published.seating import SeatingApi
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListings
from ports.seating import ExpiredReservations, Holds, SeatingTransactions
from ports.stores import StoreUnavailableError
from ports.ticketing import PlacesLedger, PlacesUpkeep
from ports.webhooks import WebhookInbox, WebhookQueue
from tests.checkout_faults import Fate, Mortal, MortalTransactions
from usecases.messaging.take_event import take_event

type Made = Mapping[str, Mapping[type, object]]
"""By the name of a service: what it does not make itself, but finds there, whatever became of its processes."""

STORES: Mapping[str, tuple[type, ...]] = {
    "venue": (SeatingTransactions, Holds, ExpiredReservations, ResaleTransactions, DueListings, OutboxQueue),
    "ticket": (PlacesLedger, PlacesUpkeep),
    "order": (OrderTransactions, DueOrders, DueRefunds, OutboxQueue),
    "payment": (
        PaymentTransactions,
        UnsettledPayments,
        UnsettledRefunds,
        UnsettledDisputes,
        UnsettledPayouts,
        WebhookInbox,
        WebhookQueue,
        OutboxQueue,
    ),
    "admission": (AdmissionTransactions, OutboxQueue),
    "expiration": (),
}
FAILURES: Mapping[type, type[UnavailableError]] = {
    PaymentGateway: ProviderUnavailableError,
    Timers: TimersUnavailableError,
    SeatingApi: LinkUnavailableError,
    GeneralAdmissionApi: LinkUnavailableError,
    PaymentsApi: LinkUnavailableError,
    ResaleApi: LinkUnavailableError,
    AdmissionApi: LinkUnavailableError,
}
PORTS: Mapping[str, tuple[type, ...]] = {
    **STORES,
    "venue": (*STORES["venue"], AdmissionApi, PaymentsApi),
    "order": (*STORES["order"], SeatingApi, GeneralAdmissionApi, ResaleApi, PaymentsApi),
    "payment": (*STORES["payment"], PaymentGateway),
    "expiration": (Timers,),
}
"""At every call of these a process may die, or the call may fail."""

LEFT_OUT = frozenset({"seating.publish_map"})
"""Consumers that a checkout does not depend on."""

JOBS_LEFT_OUT = frozenset(
    {"prune_messages", "prune_webhooks", "reconcile_accounts", "forget_plan_documents", "run_operations"}
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What one service finds when its process starts."""

    made: Mapping[type, object]
    fate: Fate


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event on its way to one consumer."""

    envelope: Envelope
    service: str
    subscription: Subscription


class Post(EventPublisher):
    """The broker: keeps what was published until each consumer has taken it, and gives it out in any order."""

    def __init__(self, services: Collection[Service]) -> None:
        self.waiting: list[Parcel] = []
        self.told: dict[UUID, Envelope] = {}
        self.taken: Counter[tuple[UUID, str]] = Counter()
        self._wishes = [
            (service.name, wish)
            for service in services
            for wish in service.subscriptions
            if wish.consumer not in LEFT_OUT
        ]

    @override
    async def publish(self, envelope: Envelope) -> None:
        self.told[envelope.id] = envelope
        self.waiting += self.wanted(envelope)

    def wanted(self, envelope: Envelope) -> list[Parcel]:
        """Return who is to have it."""
        return [
            Parcel(envelope, service, wish) for service, wish in self._wishes if wish.event.event_type == envelope.type
        ]


class Process:
    """All services in one process; what it knows beyond its stores is lost with it."""

    def __init__(self, containers: Mapping[str, AsyncContainer], jobs: Mapping[str, tuple[str, type]]) -> None:
        self._containers = containers
        self.jobs = jobs

    async def get[T](self, service: str, kind: type[T]) -> T:
        return await self._containers[service].get(kind)

    async def work(self, job: str) -> int:
        """Do one round of a job in the background."""
        service, usecase = self.jobs[job]
        done: int = await (await self._containers[service].get(usecase))()
        return done

    async def take(self, parcel: Parcel) -> None:
        """Give an event to its consumer; a refusal settles the matter."""
        consumer = await self._containers[parcel.service].get(parcel.subscription.handler)
        await take_event(parcel.envelope, subscription=parcel.subscription, consumer=consumer)

    async def close(self) -> None:
        for container in self._containers.values():
            await container.close()


class Plant:
    """Starts processes over stores whose kinds are those of `pattern`."""

    def __init__(self, settings: Settings, pattern: Made) -> None:
        self.settings = settings
        self.services = [
            venue_service(),
            ticket_service(),
            order_service(),
            payment_service(),
            admission_service(),
            expiration_service(),
        ]
        self._roots = {
            service.name: make_async_container(
                SystemProvider(),
                *service.providers,
                _stage(pattern[service.name], PORTS[service.name]),
                start_scope=Scope.RUNTIME,
            )
            for service in self.services
        }
        self._jobs = {
            f"{service.name}.{job.name}": (service.name, job.usecase)
            for service in self.services
            for job in service.jobs
            if job.name not in JOBS_LEFT_OUT
        }

    def start(self, made: Made, post: Post, fate: Fate) -> Process:
        """Return a new process that finds these stores."""
        links = Links()
        containers = {
            name: root(context={Settings: self.settings, Links: links, Stage: Stage(made[name], fate)}, scope=Scope.APP)
            for name, root in self._roots.items()
        }
        links.served_by.update({api: containers[name] for api, name in SERVED_BY.items() if name in containers})
        publisher: Any = Mortal(post, fate, PublisherUnavailableError)
        links.publisher = publisher
        return Process(containers, self._jobs)


def _stage(kinds: Mapping[type, object], ports: tuple[type, ...]) -> Provider:
    provider = Provider(scope=Scope.APP)
    provider.from_context(Stage, scope=Scope.APP)
    for kind in kinds:
        provider.provide(_given(kind), provides=kind)
    for port in ports:
        provider.decorate(_mortal(port), provides=port)
    return provider


def _given(kind: type) -> Callable[[Stage], Any]:
    def given(stage: Stage) -> Any:
        return stage.made[kind]

    return given


def _mortal(port: type) -> Callable[..., Any]:
    failure = FAILURES.get(port, StoreUnavailableError)
    kind = MortalTransactions if hasattr(port, "begin") else Mortal

    def wrapped(inner: Any, stage: Stage) -> Any:
        return kind(inner, stage.fate, failure)

    wrapped.__annotations__["inner"] = port  # what is decorated is known at run time
    return wrapped


type Command[T] = Callable[[Process], Awaitable[T]]

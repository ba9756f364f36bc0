"""The doctor: it reads what every service keeps, and gives repairs to their owners.

It is a tool of operators, run beside the services with the settings of all of them; no service has it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from adapters.amqp.doctor_dead_letters import AmqpDeadLetters
from adapters.inprocess.mending import ArmedTimers, Owners, OwnersRepairs
from adapters.memory.doctor import MemoryDeadLetters
from adapters.mongo.client import Database
from adapters.mongo.doctor_places import MongoDeadEvents, MongoPlacesFacts, MongoQuotas
from adapters.postgres.doctor_events import DEAD_EVENTS
from adapters.postgres.doctor_facts import PostgresFacts
from adapters.postgres.doctor_market import FREE_OPERATIONS, OFFERS
from adapters.postgres.doctor_orders import ORDERS
from adapters.postgres.doctor_passes import PASSES, TIED_PASSES
from adapters.postgres.doctor_payments import FAILED_WEBHOOKS, PAYMENTS
from adapters.postgres.doctor_seats import ENTRIES, OWNED_SEATS
from adapters.postgres.pool import Pool
from bootstrap.containers.service import Pools
from bootstrap.settings import DATABASES
from bootstrap.topology import Platform
from core.doctor.facts import StuckFacts
from ports.clock import Clock
from ports.doctor import DeadLetterQueues, Pages, Patient, Repairs
from ports.events import OutboxQueue
from ports.expiration import Timers
from ports.ids import IdSource
from ports.ticketing import PlacesLedger
from usecases.admission.issue_passes import IssuePasses
from usecases.admission.void_refunded import VoidOnCancelledOrder, VoidOnReturnedItems
from usecases.admission.withdraw_pass import WithdrawPass
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.tell_again import TellCompletedAgain
from usecases.seating.expire_reservations import ExpireOnTimer
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.ticketing.count_places import CountPlaces
from usecases.ticketing.on_order_cancelled import ReleaseCancelledPlaces
from usecases.webhooks.replay_webhook import ReplayWebhook

_ON_MONGODB = ("ticket", "content")


class Find(Protocol):
    """Finds what a service has."""

    async def __call__[T](self, service: str, kind: type[T], /) -> T: ...


async def patient_of(platform: Platform) -> Patient:
    """Return what the doctor looks at in the services of this process."""
    containers = platform.containers
    return patient_in(
        pools={name: (await containers[name].get(Pools)).relay for name in DATABASES},
        documents={name: await containers[name].get(Database) for name in _ON_MONGODB},
        timers=await containers["expiration"].get(Timers),
        dead_letters=_dead_letters(platform),
    )


def patient_in(
    *, pools: Mapping[str, Pool], documents: Mapping[str, Database], timers: Timers, dead_letters: DeadLetterQueues
) -> Patient:
    """Return what the doctor looks at in these databases, by service; the pools log in as the relay roles."""
    events: Mapping[str, Pages[StuckFacts]] = {
        **{name: PostgresFacts(pool, DEAD_EVENTS) for name, pool in pools.items()},
        **{name: MongoDeadEvents(database) for name, database in documents.items()},
    }
    return Patient(
        orders=PostgresFacts(pools["order"], ORDERS),
        payments=PostgresFacts(pools["payment"], PAYMENTS),
        entries=PostgresFacts(pools["venue"], ENTRIES),
        owned_seats=PostgresFacts(pools["venue"], OWNED_SEATS),
        places=MongoPlacesFacts(documents["ticket"]),
        quotas=MongoQuotas(documents["ticket"]),
        passes=PostgresFacts(pools["admission"], PASSES),
        tied_passes=PostgresFacts(pools["admission"], TIED_PASSES),
        offers=PostgresFacts(pools["venue"], OFFERS),
        operations=PostgresFacts(pools["venue"], FREE_OPERATIONS),
        webhooks=PostgresFacts(pools["payment"], FAILED_WEBHOOKS),
        events=events,
        timers=ArmedTimers(timers),
        dead_letters=dead_letters,
    )


async def repairs_of(get: Find, *, outboxes: Sequence[str] = (*DATABASES, *_ON_MONGODB)) -> Repairs:
    """Return whoever mends what is wrong; `get` finds what a service has, and `outboxes` are services with events."""
    owners = Owners(
        timers=await get("expiration", Timers),
        seats_on_timer=await get("venue", ExpireOnTimer),
        seats_on_cancelled=await get("venue", ReleaseCancelledOrder),
        places=await get("ticket", PlacesLedger),
        places_on_cancelled=await get("ticket", ReleaseCancelledPlaces),
        count_places=await get("ticket", CountPlaces),
        tell_completed=await get("order", TellCompletedAgain),
        orders_on_paid=await get("order", ConfirmOrder),
        passes_on_completed=await get("admission", IssuePasses),
        passes_on_cancelled=await get("admission", VoidOnCancelledOrder),
        passes_on_returned=await get("admission", VoidOnReturnedItems),
        untie_pass=await get("admission", WithdrawPass),
        replay_webhook=await get("payment", ReplayWebhook),
        outboxes={name: await get(name, OutboxQueue) for name in outboxes},
    )
    return OwnersRepairs(owners, await get("order", Clock), await get("order", IdSource))


def _dead_letters(platform: Platform) -> DeadLetterQueues:
    url = platform.settings.rabbitmq.url
    if url is None:
        return MemoryDeadLetters()
    subscriptions = [subscription for service in platform.services for subscription in service.subscriptions]
    return AmqpDeadLetters(url.reveal(), subscriptions)

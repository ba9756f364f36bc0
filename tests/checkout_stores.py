"""What a checkout finds when its processes start: the stores in memory, a provider of payments, a clock."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID

import msgspec

from adapters.memory.admission import MemoryAdmissionTransactions
from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.event_readings import MemoryEventList, MemoryEventReadings
from adapters.memory.expiration import MemoryTimers
from adapters.memory.locks import MemoryLocks
from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.memory.payment_accounts import MemoryAccountGateway
from adapters.memory.payments import MemoryPaymentGateway, MemoryPayments
from adapters.memory.receipt_keys import MemoryReceiptKeys
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebooks import MemoryRulebooks
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from adapters.memory.ticketing import MemoryPlaces, MemoryTicketStore
from adapters.memory.webhooks import MemoryWebhooks
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import OutboxQueue
from ports.expiration import Timers
from ports.ids import IdSource
from ports.locks import Locks
from ports.orders import DueOrders, DueRefunds, OrderTransactions
from ports.payments import (
    PaymentGateway,
    PaymentTransactions,
    UnsettledPayments,
    UnsettledRefunds,
)
from ports.payments.accounts import AccountDirectory, AccountGateway
from ports.payments.disputes import UnsettledDisputes
from ports.payments.payouts import UnsettledPayouts
from ports.published.venues import VenuesApi
from ports.published.webhooks import STRIPE
from ports.resale import ResaleTransactions
from ports.resale.evaluations import DueEvaluations
from ports.resale.listings import DueListings
from ports.resale.receipts import ReceiptKeyStore
from ports.resale.rulebooks import RulebookShelf
from ports.resale.transfers import DueTransfers
from ports.resale.verifications import ExpiredVerifications
from ports.resale.waiting_list import DueWaitingLists
from ports.seating import ExpiredReservations, Holds, SeatingTransactions
from ports.ticketing import PlacesLedger, PlacesUpkeep, TicketStore
from ports.webhooks import EventList, EventReadings, VerifiedEvent, WebhookInbox, WebhookQueue, WebhookVerifier
from tests.checkout_plant import Made
from tests.published_builders import Halls
from tests.ticketing_builders import NOON


class Trusting(WebhookVerifier):
    """Reads an event that nobody signed."""

    source = STRIPE

    @override
    def verify(self, body: bytes, signature: str | None, *, now: datetime) -> VerifiedEvent:
        event = msgspec.json.decode(body)
        return VerifiedEvent(event["id"], event["type"], None, None, now, body.decode())


@dataclass(frozen=True)
class Surroundings:
    """What every process finds, whatever stores it has: `made` has all of it by service."""

    clock: MemoryClock
    gateway: MemoryPaymentGateway
    made: Made
    lose_timers: Callable[[], None]
    written: Callable[[], Awaitable[set[UUID]]]
    """The ids of all events that were written down to be published."""


def beside(service: str, clock: Clock, ids: IdSource, gateway: PaymentGateway) -> dict[type, object]:
    """Return what is the same over every kind of stores."""
    made: dict[type, object] = {Clock: clock, IdSource: ids}
    if service == "venue":
        made[VenuesApi] = Halls()
    if service == "payment":
        made |= {
            PaymentGateway: gateway,
            AccountGateway: MemoryAccountGateway(),
            EventList: MemoryEventList(),
            Sequence[WebhookVerifier]: (Trusting(),),
        }
    return made


def in_memory() -> Surroundings:
    """Return stores of nobody else."""
    clock, ids = MemoryClock(NOON), MemoryIds()
    gateway = MemoryPaymentGateway(clock)
    gateway.fee_minor = 30
    messages = {name: MemoryMessages(ids=ids) for name in ("venue", "ticket", "order", "payment", "admission")}
    seats = MemorySeatingTransactions(messages["venue"])
    resale = MemoryResaleTransactions(messages["venue"])
    tickets = MemoryTicketStore()
    places = MemoryPlaces(tickets)
    orders = MemoryOrderTransactions(messages["order"])
    payments = MemoryPayments(messages["payment"])
    webhooks = MemoryWebhooks()
    timers = _ForgetfulTimers()
    stores: Mapping[str, dict[type, object]] = {
        "venue": {
            SeatingTransactions: seats,
            ExpiredReservations: seats,
            Holds: MemoryHolds(seats),
            ResaleTransactions: resale,
            ExpiredVerifications: resale,
            DueListings: resale.due_listings,
            DueTransfers: resale.due_transfers,
            DueWaitingLists: resale.due_waiting_lists,
            DueEvaluations: resale.due_evaluations,
            RulebookShelf: MemoryRulebooks(),
            ReceiptKeyStore: MemoryReceiptKeys(),
        },
        "ticket": {TicketStore: tickets, PlacesLedger: places, PlacesUpkeep: places},
        "order": {OrderTransactions: orders, DueOrders: orders, DueRefunds: orders.due_refunds},
        "payment": {
            PaymentTransactions: payments,
            UnsettledPayments: payments,
            UnsettledRefunds: payments,
            UnsettledDisputes: payments,
            UnsettledPayouts: payments,
            AccountDirectory: payments.directory,
            WebhookInbox: webhooks,
            WebhookQueue: webhooks,
            EventReadings: MemoryEventReadings(),
            Locks: MemoryLocks(clock),
        },
        "admission": {AdmissionTransactions: MemoryAdmissionTransactions(messages["admission"])},
        "expiration": {Timers: timers},
    }
    queues: Mapping[str, dict[type, object]] = {name: {OutboxQueue: each.queue} for name, each in messages.items()}
    made = {
        name: {**beside(name, clock, ids, gateway), **each, **queues.get(name, {})} for name, each in stores.items()
    }

    async def written() -> set[UUID]:
        return {envelope.id for each in messages.values() for envelope in each.events}

    return Surroundings(clock, gateway, made, timers.forget, written)


class _ForgetfulTimers(MemoryTimers):
    def forget(self) -> None:
        self._waiting.clear()
        self._leased.clear()

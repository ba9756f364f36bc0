"""Whatever order the events of a purchase, a refund and a dispute come in, each of them twice, all ends the same."""

import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, override

import msgspec
import pytest

from adapters.inprocess.delivery import InProcessPublisher, Resolve, Subscriber
from adapters.inprocess.payments import InProcessPayments
from adapters.memory.locks import MemoryLocks
from adapters.memory.payments import MemoryPaymentGateway
from adapters.memory.webhooks import MemoryWebhooks
from adapters.stripe.dispute_events import StripeDisputeEvents
from adapters.stripe.payment_events import StripePaymentEvents
from core.orders.order import Order
from core.webhooks.webhook import WebhookStatus
from ports.events import Consumer, Subscription
from ports.published.payments import DisputeClosed, DisputeOpened, PaymentRefunded, PaymentSucceeded, RefundSettled
from ports.published.webhooks import STRIPE
from ports.webhooks import VerifiedEvent, WebhookVerifier
from tests.orders_world import TENANT, World
from tests.payments_world import PaymentsWorld
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.on_dispute import OnDisputeClosed, OnDisputeOpened
from usecases.orders.on_payment_refunded import OnPaymentRefunded
from usecases.orders.on_refund_settled import OnRefundSettled
from usecases.orders.pay_order import PayOrder
from usecases.orders.settle_payment import SettlePayment
from usecases.webhooks.dispatch_event import DispatchEvent, EventRoute
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.receive_webhook import ReceiveWebhook

type Happening = Callable[[MemoryPaymentGateway, str], None]

ARRANGEMENTS_MAX = int(os.environ.get("FAIRSEAT_TEST_ARRANGEMENTS", math.factorial(6)))
"""Up to six events are put in every order; of more, so many orders are drawn, the same ones each time."""


def nothing_new(_: MemoryPaymentGateway, __: str) -> None:
    """The event tells of something that changes nothing of what we ask for."""


@dataclass(frozen=True)
class Told:
    """A line of a story: an event's type, and what has happened at the provider by the time that it is sent."""

    kind: str
    happening: Happening = nothing_new


PURCHASE = (
    Told("payment_intent.created"),
    Told("payment_intent.requires_action"),
    Told("payment_intent.payment_failed", MemoryPaymentGateway.decline),
    Told("payment_intent.processing", MemoryPaymentGateway.process),
    Told("payment_intent.succeeded", MemoryPaymentGateway.pay),
    Told("charge.succeeded"),
    Told("charge.updated"),
)
REFUND = (
    Told("payment_intent.succeeded", MemoryPaymentGateway.pay),
    Told("charge.succeeded"),
    Told("charge.refunded", MemoryPaymentGateway.refund_at_provider),
    Told("refund.created"),
    Told("refund.updated"),
    Told("charge.refund.updated"),
)


def refund_a_part(gateway: MemoryPaymentGateway, intent_id: str) -> None:
    """Staff give a part back in the provider's pages."""
    gateway.refund_at_provider(intent_id, amount_minor=2_000)


def dispute(gateway: MemoryPaymentGateway, intent_id: str) -> None:
    """The buyer's bank takes what is left."""
    gateway.dispute(intent_id)


def win(gateway: MemoryPaymentGateway, intent_id: str) -> None:
    """The bank gives it back."""
    gateway.bank.decide(gateway.bank.of(intent_id)[0].id, won=True)


def lose(gateway: MemoryPaymentGateway, intent_id: str) -> None:
    """The bank keeps it for the buyer."""
    gateway.bank.decide(gateway.bank.of(intent_id)[0].id, won=False)


PAID_AND_DISPUTED = (
    Told("payment_intent.succeeded", MemoryPaymentGateway.pay),
    Told("charge.dispute.created", dispute),
    Told("charge.dispute.funds_withdrawn"),
)
DISPUTES = {"payments.dispute.opened": 1, "payments.dispute.closed": 1}
STORIES: dict[str, tuple[Sequence[Told], dict[str, object]]] = {
    "a purchase": (
        PURCHASE,
        {
            "payment": ("SUCCEEDED", 5_000),
            "kept": 5_000,
            "ledger": {"buyer": -5_000, "organisation": 5_000},
            "order": ("CONFIRMED", None),
            "seats": ["sold"],
            "news": {"payments.payment.succeeded": 1, "orders.order.completed": 1},
        },
    ),
    "a refund": (
        REFUND,
        {
            "payment": ("REFUNDED", 5_000),
            "kept": 0,
            "ledger": {"buyer": -5_000, "refund": 5_000},
            "order": ("CANCELLED", "done"),
            "seats": ["ended"],
            "news": {
                "payments.payment.succeeded": 1,
                "payments.refund.settled": 1,
                "payments.payment.refunded": 1,
                "orders.order.completed": 1,
                "orders.order.cancelled": 1,
            },
        },
    ),
    "a dispute that is won": (
        (
            *PAID_AND_DISPUTED,
            Told("charge.dispute.closed", win),
            Told("charge.dispute.funds_reinstated"),
        ),
        {
            "payment": ("SUCCEEDED", 5_000),
            "kept": 5_000,
            "ledger": {"buyer": -5_000, "organisation": 5_000},
            "order": ("CONFIRMED", None),
            "seats": ["sold"],
            "news": {"payments.payment.succeeded": 1, **DISPUTES, "orders.order.completed": 1},
        },
    ),
    "a refund of a part, and a dispute of the rest that is lost": (
        (
            Told("payment_intent.succeeded", MemoryPaymentGateway.pay),
            Told("charge.refunded", refund_a_part),
            Told("refund.created"),
            Told("charge.dispute.created", dispute),
            Told("charge.dispute.funds_withdrawn"),
            Told("charge.dispute.closed", lose),
        ),
        {
            "payment": ("SUCCEEDED", 5_000),
            "kept": 0,
            "ledger": {
                "buyer": -5_000,
                "organisation": -1_500,
                "refund": 2_000,
                "dispute": 3_000,
                "dispute_fee": 1_500,
            },
            "order": ("CANCELLED", "done"),
            "seats": ["ended"],
            "news": {
                "payments.payment.succeeded": 1,
                "payments.refund.settled": 1,
                **DISPUTES,
                "orders.order.completed": 1,
                "orders.items.returned": 1,
                "orders.order.cancelled": 1,
            },
        },
    ),
}
"""Each with the state that it ends in: what became of the payment, how much money is kept, and so on."""

DOUBLED: dict[str, Callable[[list[int]], list[int]]] = {
    "each twice": lambda order: [number for number in order for _ in range(2)],
    "all again": lambda order: order + order,
    "all again, backwards": lambda order: order + order[::-1],
}


class Trusting(WebhookVerifier):
    """Reads an event that nobody signed."""

    source = STRIPE

    @override
    def verify(self, body: bytes, signature: str | None, *, now: datetime) -> VerifiedEvent:
        event = msgspec.json.decode(body)
        return VerifiedEvent(event["id"], event["type"], None, None, now, body.decode())


class Shop:
    """An order that is about to be paid, with the real use cases of orders, payments and webhooks on memory."""

    def __init__(self) -> None:
        self.orders = World()
        self.money = PaymentsWorld()
        self.money.tenant_id = TENANT
        orders, use = self.orders, self.money.use
        api = InProcessPayments(use.start, use.cancel, use.refund, use.pay_out)
        self.pay = PayOrder(orders.transactions, orders.reservations, api, orders.clock, orders.terms)
        settle = SettlePayment(orders.transactions, orders.reservations, api, orders.clock, orders.terms)
        confirm, refunded = ConfirmOrder(settle), OnPaymentRefunded(orders.transactions, orders.clock)
        settled = OnRefundSettled(orders.transactions, orders.clock)
        opened = OnDisputeOpened(orders.transactions, orders.clock)
        closed = OnDisputeClosed(orders.transactions, orders.clock)
        self.publisher = InProcessPublisher(
            [
                Subscriber(Subscription("orders.confirm", PaymentSucceeded, ConfirmOrder), _always(confirm)),
                Subscriber(Subscription("orders.refunded", PaymentRefunded, OnPaymentRefunded), _always(refunded)),
                Subscriber(Subscription("orders.settled", RefundSettled, OnRefundSettled), _always(settled)),
                Subscriber(Subscription("orders.disputed", DisputeOpened, OnDisputeOpened), _always(opened)),
                Subscriber(Subscription("orders.decided", DisputeClosed, OnDisputeClosed), _always(closed)),
            ]
        )
        self.inbox = MemoryWebhooks()
        self.receive = ReceiveWebhook((Trusting(),), self.inbox, self.money.clock, self.money.ids)
        events = StripePaymentEvents(use.record)
        routes = [EventRoute(STRIPE, prefix, events) for prefix in ("payment_intent.", "charge.", "refund.")]
        routes.append(EventRoute(STRIPE, "charge.dispute.", StripeDisputeEvents(use.record_dispute)))
        self.process = ProcessWebhooks(
            self.inbox, DispatchEvent(routes), MemoryLocks(self.money.clock), self.money.clock
        )
        self.published = 0
        self.happened = 0

    async def begin(self) -> Order:
        order = await self.orders.placed()
        started = await self.pay(self.orders.buyer(), order.id, "CARD")
        self.intent_id, self.payment_id = started.stripe_payment_intent_id, started.payment_id
        return order

    def happen(self, story: Sequence[Told], *, until: int) -> None:
        """Let the provider come as far as this line of the story, if it has not."""
        for told in story[self.happened : until + 1]:
            told.happening(self.money.gateway, self.intent_id)
        self.happened = max(self.happened, until + 1)

    async def tell(self, told: Told, *, event_id: str) -> None:
        """Send an event."""
        about: dict[str, object] = {"id": "ch_1", "object": "charge", "payment_intent": self.intent_id}
        if told.kind.startswith("payment_intent."):
            about = {"id": self.intent_id, "object": "payment_intent"}
        if told.kind.startswith("charge.dispute."):
            about |= {"id": self.money.gateway.bank.of(self.intent_id)[0].id, "object": "dispute"}
        event = {"id": event_id, "object": "event", "type": told.kind, "created": 0, "data": {"object": about}}
        await self.receive(msgspec.json.encode(event), source=STRIPE, signature=None)

    async def work(self) -> None:
        """Process what came, side by side, and let everything that follows from it happen; news come twice as well."""
        while await self.process():
            news = self.money.messages.events
            for envelope in news[self.published :]:
                for _ in range(2):
                    await self.publisher.publish(envelope)
            self.published = len(news)

    async def picture(self, order: Order) -> dict[str, object]:
        self.orders.deliver()
        order = await self.orders.now(order)
        payment = await self.money.payment(self.payment_id)
        assert payment.received is not None
        webhooks = await self.inbox.list(status=None, webhooks_max=100)
        assert {webhook.status for webhook in webhooks} == {WebhookStatus.COMPLETED}
        assert {webhook.tenant_id for webhook in webhooks} == {TENANT}
        kinds = [envelope.type for envelope in (*self.money.messages.events, *self.orders.messages.events)]
        # How often a decline is told depends on when it is heard of; an order is created whatever comes.
        told = [kind for kind in kinds if kind not in {"payments.payment.failed", "orders.order.created"}]
        return {
            "payment": (payment.status.value, payment.received.amount_minor),
            "kept": sum(moved for _, moved in await self.money.trail(self.payment_id)),
            "ledger": await self.money.balances(self.payment_id),
            "order": (order.status.value, order.refund.value if order.refund else None),
            "seats": [reservation.state for reservation in self.orders.seating.reservations.values()],
            "news": {kind: told.count(kind) for kind in dict.fromkeys(told)},
        }


def _always(consumer: Consumer[Any]) -> Resolve:
    async def resolve(_: object) -> Consumer[Any]:
        return consumer

    return resolve


def arrangements(count: int, random: Random) -> Iterator[list[int]]:
    """Yield every order of so many events, or ARRANGEMENTS_MAX of them where there are more."""
    if math.factorial(count) <= ARRANGEMENTS_MAX:
        yield from map(list, itertools.permutations(range(count)))
        return
    for _ in range(ARRANGEMENTS_MAX):
        yield random.sample(range(count), count)


@pytest.mark.parametrize("title", STORIES)
async def test_in_whatever_order_events_come_and_each_twice_all_ends_the_same(title: str) -> None:
    story, ending = STORIES[title]
    random = Random(20_261_122)
    for order in arrangements(len(story), random):
        doubled, slow, same_id = random.choice(list(DOUBLED)), random.random() < 0.5, random.random() < 0.5
        waits_for = random.choice((1, 3, 8))
        shop = Shop()
        placed = await shop.begin()
        told: list[int] = []
        for number in DOUBLED[doubled](order):
            # A slow provider has come just as far as what it tells of, a quick one to the end of the story.
            shop.happen(story, until=number if slow else len(story) - 1)
            event_id = f"evt_{number}" if same_id else f"evt_{number}_{told.count(number)}"
            await shop.tell(story[number], event_id=event_id)
            told.append(number)
            if len(told) % waits_for == 0:
                await shop.work()
        await shop.work()
        how = f"{[story[number].kind for number in order]}, {doubled}, {slow=}, {same_id=}, {waits_for=}"
        assert await shop.picture(placed) == ending, how

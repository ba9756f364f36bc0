"""The parameters and results of `event-cancellation`, as they are sent and stored."""

from collections import Counter
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core.shared.errors import Problem
from ports.decoding import problem_in
from ports.published.event_orders import OrderOfEvent
from ports.published.operations import ParamsRefusedError, Values

TICKETS_MAX = 50
NAMED_MAX = 500
"""Orders that a result names, of each kind; all are counted."""


class _Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Plain JSON."""


class EventCancellationParams(_Struct, frozen=True):
    """The tickets of one event at the venue. `reason` stands with the tickets and refunds, for buyers to read.

    `message` is for whoever writes to the buyers; without `refundFees` fees and taxes on top of prices are kept.
    """

    ticket_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=TICKETS_MAX)]
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
    refund_fees: bool = True
    message: Annotated[str, Meta(max_length=4_000)] = ""


class TicketOfEvent(_Struct, frozen=True):
    """A ticket and its status at the beginning."""

    ticket_id: UUID
    title: str
    status: str


class Sum(_Struct, frozen=True):
    """Money in minor units of an ISO 4217 currency."""

    currency: str
    amount: int


class Obstacle(_Struct, frozen=True):
    """An order whose money does not go back by itself (yet), and the code of why."""

    order_id: UUID
    code: str


class Checked(_Struct, frozen=True):
    """What the operation is about to do; the preview, and the result of the first step.

    Orders are `confirmed` with something left of the event, `unpaid`, or neither (`over`). `to_refund` goes back by
    itself, but `by_hand` of it out of the till; `refunded_before` went back before. `resales` counts confirmed orders
    for passes that others had, whose buyers get back what they paid.
    """

    event_title: str
    starts_at: datetime
    tickets: tuple[TicketOfEvent, ...]
    confirmed: int
    unpaid: int
    over: int
    resales: int
    passes: int
    listings: int
    waiting: int
    to_refund: tuple[Sum, ...]
    by_hand: tuple[Sum, ...]
    refunded_before: tuple[Sum, ...]
    not_by_itself: int
    obstacles: tuple[Obstacle, ...]

    @property
    def orders(self) -> int:
        return self.confirmed + self.unpaid + self.over


class Ended(_Struct, frozen=True):
    """What came of it, as it stands when the last step looks; the result of the operation.

    Orders are `refunded`, or their money is on its way (`pending`); `failed` counts those whose money is not back:
    the first of them are among `failures`. Orders and payments go on trying what failed on its way.
    """

    refunded: int
    pending: int
    failed: int
    open: int
    over: int
    given_back: tuple[Sum, ...]
    by_hand: tuple[Sum, ...]
    to_buyers_of_resales: tuple[Sum, ...]
    failures: tuple[Obstacle, ...]


class Reckoning:
    """Adds up orders, page by page."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.sums: dict[str, Counter[str]] = {}
        self.obstacles: list[Obstacle] = []

    def before(self, order: OrderOfEvent) -> None:
        """Add an order that is to be ended."""
        sold = order.status == "confirmed" and order.admissions > 0
        self.counts["confirmed" if sold else "unpaid" if order.status == "awaiting_payment" else "over"] += 1
        self.counts["passes"] += order.admissions
        self.counts["resales"] += sold and order.resale
        self._add("to_refund", order, order.due_minor)
        self._add("by_hand", order, order.due_minor if order.by_hand else 0)
        self._add("refunded_before", order, order.gone_minor)
        if order.obstacle is not None:
            self._name(order, order.obstacle)

    def after(self, order: OrderOfEvent) -> None:
        """Add an order that was ended."""
        last = order.refunds[-1] if order.refunds else None
        back = sum(each.amount_minor for each in order.refunds if each.status == "succeeded")
        self._add("given_back", order, back)
        self._add("by_hand", order, back if order.by_hand else 0)
        self._add("to_buyers_of_resales", order, back if order.resale else 0)
        if last is not None and last.failure is not None:
            self._name(order, last.failure)
        elif order.admissions > 0:
            self._name(order, order.obstacle or "orders.not_ended")
        elif last is not None:
            self.counts["refunded" if last.status == "succeeded" else "pending"] += 1
        else:
            self.counts["open" if order.status == "awaiting_payment" else "over"] += 1

    def sums_of(self, name: str) -> tuple[Sum, ...]:
        """Return what was added up under this name, by currency."""
        found = self.sums.get(name, Counter[str]())
        return tuple(Sum(currency=currency, amount=amount) for currency, amount in sorted(found.items()) if amount)

    def _add(self, name: str, order: OrderOfEvent, amount_minor: int) -> None:
        self.sums.setdefault(name, Counter())[order.currency] += amount_minor

    def _name(self, order: OrderOfEvent, code: str) -> None:
        self.counts["not by itself"] += 1
        if len(self.obstacles) < NAMED_MAX:
            self.obstacles.append(Obstacle(order_id=order.order_id, code=code))


def params_of(params: Values) -> Values:
    """Return parameters as they are stored; raises ParamsRefusedError."""
    try:
        wanted = msgspec.convert(params, EventCancellationParams)
    except msgspec.ValidationError as error:
        raise ParamsRefusedError(str(error), [problem_in(error, inside="/params")]) from None
    if len(set(wanted.ticket_ids)) != len(wanted.ticket_ids):
        message = "A ticket is named once."
        raise ParamsRefusedError(message, [Problem("/params/ticketIds", message)])
    return plain(wanted)


def plain(value: EventCancellationParams | Checked | Ended) -> Values:
    """Return a value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=dict[str, object])

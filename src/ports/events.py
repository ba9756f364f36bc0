"""Domain events: how a context tells the others what happened, at least once and in the transaction of the change."""

import builtins
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID

import msgspec

from core.shared.errors import UnavailableError


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of every published event: plain values only; the type name is past tense and never changes its meaning."""

    event_type: ClassVar[str]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="lower"):
    """An event on its way, with the attributes of CloudEvents 1.0; `tenantid` is our extension attribute.

    `traceparent` is that of its Distributed Tracing extension: the trace in which the event was made, if any.
    """

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    tenantid: UUID | None
    data: msgspec.Raw
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    traceparent: str | None = None

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        id: UUID,
        source: str,
        subject: str,
        time: datetime,
        tenant_id: UUID | None,
        traceparent: str | None = None,
    ) -> Self:
        """Wrap an event; the data is encoded at once, so later changes of the class cannot change it."""
        return cls(
            id=id,
            type=event.event_type,
            source=source,
            subject=subject,
            time=time,
            tenantid=tenant_id,
            data=msgspec.Raw(msgspec.json.encode(event)),
            traceparent=traceparent,
        )

    def decode[T: Event](self, kind: builtins.type[T]) -> T:
        """Read the data as `kind`; unknown members are ignored, so that publishers may add some."""
        return msgspec.json.decode(self.data, type=kind)


class Outbox(Protocol):
    """The events of one transaction: stored with the change, published after the commit by the relay."""

    @abstractmethod
    async def add(self, event: Event, *, subject: UUID, at: datetime) -> None:
        """Store the event in this transaction, about `subject` (the id of the thing that changed)."""


class Inbox(Protocol):
    """The events that a consumer has taken: recorded in the transaction of their effect, so each has one effect."""

    @abstractmethod
    async def accept(self, event_id: UUID, *, consumer: str, at: datetime) -> bool:
        """Record the event for this consumer; False when it was recorded before (then do nothing and succeed)."""


class InboxKeeper(Protocol):
    """Tidies an inbox, across tenants."""

    @abstractmethod
    async def prune(self, *, accepted_before: datetime, entries_max: int) -> int:
        """Forget up to `entries_max` entries from before the moment; return how many."""


class EventPublisher(Protocol):
    """Hands events to whoever listens; returns only when they are safe on the other side."""

    @abstractmethod
    async def publish(self, envelope: Envelope) -> None:
        """Deliver one event; raises PublishError when it is not known to have arrived (the relay tries again)."""


class PublishError(Exception):
    """The event may not have arrived; publishing again is safe, since consumers deduplicate by event id."""


class PublisherUnavailableError(PublishError, UnavailableError):
    """Nothing can be published at present (the broker is away): no fault of this event, so no try is counted."""


class OutboxDepth(msgspec.Struct, frozen=True, kw_only=True):
    """How an outbox stands: counts of events, and the age in seconds of the oldest that waits."""

    waiting: int
    dead: int
    oldest_age_s: float


class OutboxQueue(Protocol):
    """The relay's view of an outbox, across tenants: a queue that several relays may drain at once.

    A claimed event is leased, so that a relay that dies gives it back when `lease_s` has passed.
    """

    @abstractmethod
    async def claim(self, *, now: datetime, events_max: int, lease_s: float) -> Sequence[Envelope]:
        """Lease up to `events_max` unpublished events whose time has come, oldest first, skipping those leased."""

    @abstractmethod
    async def mark_published(self, ids: Sequence[UUID], *, at: datetime) -> None:
        """Record that these events have arrived."""

    @abstractmethod
    async def mark_failed(self, event_id: UUID, *, error: str, retry_at: datetime | None) -> None:
        """Count a failed try and end the lease; `retry_at` None gives the event up (it stays, visible as dead)."""

    @abstractmethod
    async def revive(self, event_id: UUID, *, now: datetime) -> bool:
        """Let an event that was given up be tried anew, from now on; False when it is not given up (any more)."""

    @abstractmethod
    async def release(self, ids: Sequence[UUID]) -> None:
        """End the lease of these events without counting a try; they can be claimed again at once."""

    @abstractmethod
    async def attempts(self, event_id: UUID) -> int:
        """Return how many tries of this event have failed."""

    @abstractmethod
    async def depth(self, *, now: datetime) -> OutboxDepth:
        """Return how much waits, how old the oldest is, and how many were given up."""

    @abstractmethod
    async def prune(self, *, published_before: datetime, events_max: int) -> int:
        """Forget up to `events_max` events that were published before the moment; return how many."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How an event came to a consumer: its id, for the inbox, and the tenant whose data it is about."""

    event_id: UUID
    tenant_id: UUID | None


class Consumer[E: Event](Protocol):
    """A use case that reacts to an event. It may be called again with the same delivery, and then has no new effect.

    A DomainError is a refusal: logged and acknowledged. Any other exception is a failure: tried again, a bounded
    number of times.
    """

    @abstractmethod
    async def __call__(self, event: E, delivery: Delivery) -> None:
        """Take the event."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A use case's wish to be told of one type of event; the container of its service makes the use case.

    `consumer` (like `orders.confirm_order`) is for good: queues and inbox rows bear it.
    """

    consumer: str
    event: type[Event]
    handler: type[Consumer[Any]]  # Any: one list holds the consumers of different events

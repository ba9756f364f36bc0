"""The outbox, inbox and outbox queue of one service, in memory."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

from adapters.system.work_context import current_traceparent
from core.shared.ids import TenantId
from ports.events import Envelope, Event, Inbox, InboxKeeper, Outbox, OutboxDepth, OutboxQueue
from ports.ids import IdSource


@dataclass(slots=True)
class _Row:
    envelope: Envelope
    tries: int = 0
    due_at: datetime | None = None
    leased_until: datetime | None = None
    published_at: datetime | None = None
    error: str | None = None
    dead: bool = False

    @property
    def waits(self) -> bool:
        return self.published_at is None and not self.dead

    def is_due(self, now: datetime) -> bool:
        leased = self.leased_until is not None and self.leased_until > now
        return self.waits and not leased and (self.due_at or self.envelope.time) <= now


class MemoryMessages:
    """The messages of one service; all its memory adapters share one of these, and its lock.

    ```python
    async with messages.lock:
        mark = messages.snapshot()
        try:
            yield Transaction(outbox=messages.outbox(tenant_id), inbox=messages.inbox, …)
        except BaseException:
            messages.restore(mark)
            raise
    ```
    The queue takes the lock as well, so a relay never sees an event that is rolled back afterwards.
    """

    def __init__(self, *, ids: IdSource, source: str = "fairseat") -> None:
        self.lock = asyncio.Lock()
        self.ids = ids
        self.source = source
        self.rows: dict[UUID, _Row] = {}
        self.accepted: dict[tuple[UUID, str], datetime] = {}
        self.inbox: Inbox = MemoryInbox(self)
        self.inbox_keeper: InboxKeeper = MemoryInboxKeeper(self)
        self.queue: OutboxQueue = MemoryOutboxQueue(self)

    def outbox(self, tenant_id: TenantId | None) -> Outbox:
        """Return the outbox for a transaction of this tenant, or of none (accounts belong to no organisation)."""
        return MemoryOutbox(self, tenant_id)

    @property
    def events(self) -> tuple[Envelope, ...]:
        """Every event that was ever added and not rolled back, oldest first."""
        return tuple(row.envelope for row in self.rows.values())

    def snapshot(self) -> tuple[int, int]:
        """Return a mark to which `restore` rolls back; take it with the lock held."""
        return len(self.rows), len(self.accepted)

    def restore(self, mark: tuple[int, int]) -> None:
        """Forget what was added and accepted since the mark; marks of the queue stay."""
        rows, accepted = mark
        while len(self.rows) > rows:
            self.rows.popitem()
        while len(self.accepted) > accepted:
            self.accepted.popitem()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Hold the lock, and roll the messages back when the block raises; the caller's own state is its own affair."""
        async with self.lock:
            mark = self.snapshot()
            try:
                yield
            except BaseException:
                self.restore(mark)
                raise


class MemoryOutbox(Outbox):
    """Adds to the messages of its service at once; the transaction around it rolls back."""

    def __init__(self, messages: MemoryMessages, tenant_id: TenantId | None) -> None:
        self._messages = messages
        self._tenant_id = tenant_id

    @override
    async def add(self, event: Event, *, subject: UUID, at: datetime) -> None:
        messages = self._messages
        envelope = Envelope.of(
            event,
            id=messages.ids.new(),
            source=messages.source,
            subject=str(subject),
            time=at,
            tenant_id=self._tenant_id,
            traceparent=current_traceparent(),
        )
        messages.rows[envelope.id] = _Row(envelope)


class MemoryInbox(Inbox):
    """Remembers (event, consumer) pairs."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages

    @override
    async def accept(self, event_id: UUID, *, consumer: str, at: datetime) -> bool:
        accepted = self._messages.accepted
        if (event_id, consumer) in accepted:
            return False
        accepted[event_id, consumer] = at
        return True


class MemoryInboxKeeper(InboxKeeper):
    """Forgets old entries."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages

    @override
    async def prune(self, *, accepted_before: datetime, entries_max: int) -> int:
        async with self._messages.lock:
            accepted = self._messages.accepted
            old = [entry for entry, at in accepted.items() if at < accepted_before][:entries_max]
            for entry in old:
                del accepted[entry]
        return len(old)


class MemoryOutboxQueue(OutboxQueue):
    """The relay's view of the same rows."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages

    @override
    async def claim(self, *, now: datetime, events_max: int, lease_s: float) -> Sequence[Envelope]:
        claimed: list[Envelope] = []
        async with self._messages.lock:
            for row in self._messages.rows.values():
                if len(claimed) == events_max:
                    break
                if row.is_due(now):
                    row.leased_until = now + timedelta(seconds=lease_s)
                    claimed.append(row.envelope)
        return claimed

    @override
    async def mark_published(self, ids: Sequence[UUID], *, at: datetime) -> None:
        async with self._messages.lock:
            for row in self._known(ids):
                row.published_at = at
                row.leased_until = None

    @override
    async def mark_failed(self, event_id: UUID, *, error: str, retry_at: datetime | None) -> None:
        async with self._messages.lock:
            for row in self._known([event_id]):
                if row.published_at is None:
                    row.tries += 1
                    row.error = error
                    row.leased_until = None
                    row.due_at = retry_at
                    row.dead = retry_at is None

    @override
    async def revive(self, event_id: UUID, *, now: datetime) -> bool:
        async with self._messages.lock:
            dead = [row for row in self._known([event_id]) if row.dead]
            for row in dead:
                row.dead, row.tries, row.due_at = False, 0, now
        return bool(dead)

    @override
    async def release(self, ids: Sequence[UUID]) -> None:
        async with self._messages.lock:
            for row in self._known(ids):
                row.leased_until = None

    def _known(self, ids: Sequence[UUID]) -> list[_Row]:
        return [self._messages.rows[event_id] for event_id in ids if event_id in self._messages.rows]

    @override
    async def attempts(self, event_id: UUID) -> int:
        async with self._messages.lock:
            row = self._messages.rows.get(event_id)
        return row.tries if row else 0

    @override
    async def depth(self, *, now: datetime) -> OutboxDepth:
        async with self._messages.lock:
            rows = list(self._messages.rows.values())
        waiting = [row.envelope.time for row in rows if row.waits]
        oldest_age_s = (now - min(waiting)).total_seconds() if waiting else 0.0
        return OutboxDepth(
            waiting=len(waiting),
            dead=sum(row.dead for row in rows),
            oldest_age_s=oldest_age_s,
        )

    @override
    async def prune(self, *, published_before: datetime, events_max: int) -> int:
        async with self._messages.lock:
            rows = self._messages.rows
            old = [
                event_id
                for event_id, row in rows.items()
                if row.published_at is not None and row.published_at < published_before
            ][:events_max]
            for event_id in old:
                del rows[event_id]
        return len(old)

"""Forgetting messages that nobody needs any more."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.events import InboxKeeper, OutboxQueue
from ports.idempotency import IdempotencyStore


@dataclass(frozen=True, slots=True)
class PruneMessages:
    """Background work of each service, so that its message tables do not grow for ever.

    Published events are kept for `outbox_days`, inbox entries for `inbox_days` (far longer than any event is tried),
    idempotency keys until their own time is over.
    """

    queue: OutboxQueue
    inbox: InboxKeeper
    idempotency: IdempotencyStore
    clock: Clock
    outbox_days: int = 7
    inbox_days: int = 30
    rows_max: int = 1000

    async def __call__(self) -> int:
        """Return how many rows were forgotten; call again while it is not 0."""
        now = self.clock.now()
        events = await self.queue.prune(
            published_before=now - timedelta(days=self.outbox_days), events_max=self.rows_max
        )
        accepted = await self.inbox.prune(
            accepted_before=now - timedelta(days=self.inbox_days), entries_max=self.rows_max
        )
        return events + accepted + await self.idempotency.prune(now=now, keys_max=self.rows_max)

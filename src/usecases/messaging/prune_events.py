"""Forgetting events that were published, where there is no inbox and MongoDB itself forgets idempotency keys."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.events import OutboxQueue


@dataclass(frozen=True, slots=True)
class PruneEvents:
    """Background work, so that the outbox does not grow for ever."""

    queue: OutboxQueue
    clock: Clock
    outbox_days: int = 7
    events_max: int = 1000

    async def __call__(self) -> int:
        """Return how many events were forgotten; call again while it is not 0."""
        before = self.clock.now() - timedelta(days=self.outbox_days)
        return await self.queue.prune(published_before=before, events_max=self.events_max)

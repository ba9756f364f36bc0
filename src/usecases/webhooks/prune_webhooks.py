"""Forgetting webhooks that have had their effect."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.webhooks import WebhookQueue


@dataclass(frozen=True, slots=True)
class PruneWebhooks:
    """Background work, in batches. Completed webhooks are kept for `days`; those that failed stay, to be replayed.

    A provider sends an event again for some days at most, so a forgotten one does not come back as new.
    """

    queue: WebhookQueue
    clock: Clock
    days: int = 30
    webhooks_max: int = 1000

    async def __call__(self) -> int:
        """Return how many were forgotten; call again while it is not 0."""
        before = self.clock.now() - timedelta(days=self.days)
        return await self.queue.prune(processed_before=before, webhooks_max=self.webhooks_max)

"""Lets a webhook be processed once more."""

from dataclasses import dataclass
from uuid import UUID

from core.webhooks.webhook import Webhook
from ports.clock import Clock
from ports.webhooks import WebhookQueue


@dataclass(frozen=True, slots=True)
class ReplayWebhook:
    """For operators at the command line, once the cause of a failure is gone. The effect is never doubled."""

    queue: WebhookQueue
    clock: Clock

    async def __call__(self, webhook_id: UUID) -> Webhook:
        """Return the webhook, due again; raises WebhookNotFoundError and WebhookBusyError."""
        return await self.queue.replay(webhook_id, now=self.clock.now())

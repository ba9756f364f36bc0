"""Lists webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.webhooks.webhook import Webhook, WebhookStatus
from ports.webhooks import WebhookQueue

WEBHOOKS_MAX = 200


@dataclass(frozen=True, slots=True)
class ListWebhooks:
    """For operators at the command line: the newest webhooks, all or of one status."""

    queue: WebhookQueue

    async def __call__(self, *, status: WebhookStatus | None = None) -> Sequence[Webhook]:
        """Return at most WEBHOOKS_MAX of them."""
        return await self.queue.list(status=status, webhooks_max=WEBHOOKS_MAX)

"""Lets a webhook of an organisation be processed once more."""

from dataclasses import dataclass
from uuid import UUID

from core.shared.callers import MANAGERS, Caller
from core.webhooks.webhook import WebhookSummary
from ports.clock import Clock
from ports.webhooks import WebhookLog


@dataclass(frozen=True, slots=True)
class ReplayOwnWebhook:
    """Open to owners and managers, for webhooks of their own organisation. The effect is never doubled."""

    log: WebhookLog
    clock: Clock

    async def __call__(self, caller: Caller, webhook_id: UUID) -> WebhookSummary:
        """Return the webhook, due again; raises ForbiddenError, WebhookNotFoundError and WebhookBusyError."""
        caller.must_be_one_of(MANAGERS)
        return await self.log.replay(caller.tenant_id, webhook_id, now=self.clock.now())

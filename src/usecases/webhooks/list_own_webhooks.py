"""Lists the webhooks of an organisation."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.webhooks.webhook import WebhookStatus, WebhookSummary
from ports.paging import Page, PageRequest
from ports.webhooks import WebhookLog


@dataclass(frozen=True, slots=True)
class ListOwnWebhooks:
    """Open to owners and managers: what the provider told about their organisation, without the bodies."""

    log: WebhookLog

    async def __call__(
        self, caller: Caller, page: PageRequest, *, status: WebhookStatus | None
    ) -> Page[WebhookSummary]:
        """Return a page, the newest first; raises ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        return await self.log.page(caller.tenant_id, page, status=status)

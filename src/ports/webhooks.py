"""What the webhook inbox needs from the world."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.shared.ids import TenantId
from core.webhooks.webhook import Webhook, WebhookStatus, WebhookSummary
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event whose signature fits: the provider's id, type and time, and the body as it was signed.

    `account` is the connected account that it is of. `tenant_id` is whose it is, where Fairseat itself wrote that on
    the object; None for events of connected accounts, who write what they like on theirs.
    """

    event_id: str
    event_type: str
    account: str | None
    tenant_id: TenantId | None
    occurred_at: datetime
    body: str


class WebhookVerifier(Protocol):
    """Tells a provider's webhooks from forged ones."""

    @property
    @abstractmethod
    def source(self) -> str:
        """Whose events these are; with the event's id it names one webhook."""

    @abstractmethod
    def verify(self, body: bytes, signature: str | None, *, now: datetime) -> VerifiedEvent:
        """Check the signature over the very bytes, and its time on both sides of `now`; then read the event.

        Raises BadSignatureError, MalformedWebhookError, and WebhooksDisabledError when no secret is set: an empty
        secret never verifies.
        """


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """Webhooks that had no effect yet, by status, those given up among them; and the age in seconds of the oldest."""

    received: int
    processing: int
    retrying: int
    failed: int
    oldest_age_s: float

    @property
    def unhandled(self) -> int:
        """All of them."""
        return self.received + self.processing + self.retrying + self.failed


class WebhookInbox(Protocol):
    """Where webhooks are put, whosever they are."""

    @abstractmethod
    async def put(self, webhook: Webhook) -> bool:
        """Store it, committed when this returns; False when the event of this source is there already."""


class WebhookQueue(Protocol):
    """The worker's view; several workers may take from it at once."""

    @abstractmethod
    async def take(self, *, now: datetime, webhooks_max: int, lease_s: float) -> Sequence[Webhook]:
        """Lease due webhooks, oldest first, skipping those that others are taking.

        Due are new ones, those whose back-off has passed, and those whose lease ran out (core.webhooks.take says what
        becomes of them; the ones it gives up are stored as failed and not returned).
        """

    @abstractmethod
    async def settle(self, leased: Webhook, outcome: Webhook) -> bool:
        """Store what became of a leased webhook; False, and nothing stored, when somebody took it over meanwhile."""

    @abstractmethod
    async def backlog(self, *, now: datetime) -> WebhookBacklog:
        """Count what had no effect yet, for health."""

    @abstractmethod
    async def list(self, *, status: WebhookStatus | None, webhooks_max: int) -> Sequence[Webhook]:
        """Return webhooks, the newest first; of one status, or of all."""

    @abstractmethod
    async def replay(self, webhook_id: UUID, *, now: datetime) -> Webhook:
        """Make a failed or completed webhook due again and return it.

        Raises WebhookNotFoundError and WebhookBusyError.
        """

    @abstractmethod
    async def prune(self, *, processed_before: datetime, webhooks_max: int) -> int:
        """Forget up to `webhooks_max` webhooks that were completed before the moment; return how many.

        Failed ones stay until they are replayed.
        """


class WebhookLog(Protocol):
    """An organisation's view of the webhooks that are known to be its own; it shows no body."""

    @abstractmethod
    async def page(
        self, tenant_id: TenantId, page: PageRequest, *, status: WebhookStatus | None
    ) -> Page[WebhookSummary]:
        """Return webhooks of one status or of all, the newest first: a page goes on before the id `page.after`."""

    @abstractmethod
    async def replay(self, tenant_id: TenantId, webhook_id: UUID, *, now: datetime) -> WebhookSummary:
        """Make a failed or completed webhook of the organisation due again and return it.

        Raises WebhookNotFoundError, for another organisation's as well, and WebhookBusyError.
        """

"""What the webhook inbox needs from the world."""

from abc import abstractmethod
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.shared.ids import TenantId
from core.webhooks.reading import Reading
from core.webhooks.webhook import Webhook, WebhookStatus, WebhookSummary
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event that is the provider's word, since its signature fits or since the provider's own list has it.

    The provider's id, type and time, and the body as it was signed, or as the list has it.

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
    """Webhooks that had no effect yet, by status, failed ones among them; and the age in seconds of the oldest."""

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
    async def known(self, source: str, event_ids: Sequence[str]) -> Set[str]:
        """Return which of these events of the source are stored, whatever became of them."""

    @abstractmethod
    async def take(self, *, now: datetime, webhooks_max: int, lease_s: float) -> Sequence[Webhook]:
        """Lease due webhooks, oldest first, skipping those that others are taking.

        Due are new ones, those whose back-off has passed, be it that they have failed, and those whose lease ran out
        (core.webhooks.take says what becomes of them; the ones that fail by that are stored so and not returned).
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


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of a provider's list, the newest first; `more` says whether older ones follow."""

    events: Sequence[VerifiedEvent]
    more: bool


class EventList(Protocol):
    """The events of a source as the provider itself keeps them for some time, delivered or not."""

    @abstractmethod
    async def page(self, *, since: datetime, before: datetime, after: str | None) -> EventPage | None:
        """Return events that we handle, from `since` until before `before` by the provider's time.

        They begin below the event `after`; None when that is not listed any more. Both times count in whole seconds.
        Raises UnavailableError.
        """


class EventReadings(Protocol):
    """How far the lists of events have been read."""

    @abstractmethod
    async def take(self, source: str, *, now: datetime, lease_s: float) -> Reading | None:
        """Return the reading, which is nobody else's for so long; None when it is not due, or is somebody's.

        core.webhooks.reading says when it is due (`is_due`) and how the first one of a source looks (`begin`).
        """

    @abstractmethod
    async def save(self, reading: Reading) -> None:
        """Store how far it is now. The last one who saves wins: wherever a reading stands, what it says is true."""

    @abstractmethod
    async def read_at(self, source: str) -> datetime | None:
        """Return when a pass was last ended, or reading began; None where nothing was read yet."""

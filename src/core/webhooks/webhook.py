"""One webhook on its way through the inbox, and how it moves on: pure functions."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.shared.ids import TenantId
from core.webhooks.errors import WebhookBusyError

TRIES_MAX = 16
"""Over three and a half hours, so that an outage of a provider ends before anybody is told that its events failed."""

FAILED_AGAIN_S = 3600
"""How often one that has failed is tried again all the same: what was in its way may be gone, and nobody need ask."""

BACKOFF_FIRST_S = 5
BACKOFF_MAX_S = 1800
ERROR_LENGTH_MAX = 500
NOTE_LENGTH_MAX = 200


class WebhookStatus(StrEnum):
    """received → processing → completed; or retrying → processing again; after the last try failed, and processing
    again now and then.
    """

    RECEIVED = "received"
    PROCESSING = "processing"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A verified event of `source`, as it came. `occurred_at` is the provider's time, `received_at` ours.

    `due_at` is when it may be taken; while it is processed, when its lease runs out and another may take it over.
    `account` is the provider's id of the connected account that the event is of, None for the platform's own events.
    `tenant_id` is whose it is, once that is known; `note` says why a completed one had no effect.
    """

    id: UUID
    source: str
    event_id: str
    event_type: str
    account: str | None
    tenant_id: TenantId | None
    body: str
    occurred_at: datetime
    received_at: datetime
    status: WebhookStatus
    retry_count: int
    due_at: datetime | None
    error_message: str | None
    note: str | None
    processed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSummary:
    """What an organisation may see of a webhook of its own: everything but the body, which is about people."""

    id: UUID
    source: str
    event_id: str
    event_type: str
    occurred_at: datetime
    received_at: datetime
    status: WebhookStatus
    retry_count: int
    due_at: datetime | None
    error_message: str | None
    note: str | None
    processed_at: datetime | None


def summary_of(webhook: Webhook) -> WebhookSummary:
    """Leave out what an organisation does not see."""
    return WebhookSummary(**{member.name: getattr(webhook, member.name) for member in fields(WebhookSummary)})


def take(webhook: Webhook, *, now: datetime, lease_s: float) -> Webhook:
    """Lease a due webhook. One whose lease ran out lost its worker, which counts as a try: poison comes to an end."""
    if webhook.status is WebhookStatus.PROCESSING:
        webhook = fail(webhook, error="The worker that had it stopped before it was done.", now=now)
        if webhook.status is WebhookStatus.FAILED:
            return webhook
    return replace(webhook, status=WebhookStatus.PROCESSING, due_at=now + timedelta(seconds=lease_s))


def complete(webhook: Webhook, *, now: datetime, tenant_id: TenantId | None = None, note: str | None = None) -> Webhook:
    """Note that the event has had its effect, or with a `note` why it has none; whose it is stays, once known."""
    return replace(
        webhook,
        status=WebhookStatus.COMPLETED,
        tenant_id=tenant_id or webhook.tenant_id,
        due_at=None,
        error_message=None,
        note=_plain(note, NOTE_LENGTH_MAX) if note else None,
        processed_at=now,
    )


def fail(webhook: Webhook, *, error: str, now: datetime) -> Webhook:
    """Note a failed try: again later, twice as late each time and at most half an hour; after the last it has failed.

    Whoever looks at it sees that then; it is tried again once an hour, without an end.
    """
    tries = webhook.retry_count + 1
    last = tries >= TRIES_MAX
    return replace(
        webhook,
        status=WebhookStatus.FAILED if last else WebhookStatus.RETRYING,
        retry_count=tries,
        due_at=now + (timedelta(seconds=FAILED_AGAIN_S) if last else backoff(tries)),
        error_message=_plain(error, ERROR_LENGTH_MAX),
    )


def put_back(webhook: Webhook, *, now: datetime) -> Webhook:
    """Give back one that another worker holds the lock of; not a failed try."""
    status = WebhookStatus.RETRYING if webhook.retry_count else WebhookStatus.RECEIVED
    status = WebhookStatus.FAILED if webhook.retry_count >= TRIES_MAX else status
    return replace(webhook, status=status, due_at=now + timedelta(seconds=BACKOFF_FIRST_S))


def replay[W: (Webhook, WebhookSummary)](webhook: W, *, now: datetime) -> W:
    """Let a failed or completed webhook be processed anew, with all its tries; raises WebhookBusyError otherwise."""
    if webhook.status not in {WebhookStatus.FAILED, WebhookStatus.COMPLETED}:
        raise WebhookBusyError(f"Webhook {webhook.id} is {webhook.status}; it is taken care of.")
    return replace(
        webhook,
        status=WebhookStatus.RECEIVED,
        retry_count=0,
        due_at=now,
        error_message=None,
        note=None,
        processed_at=None,
    )


def backoff(tries: int) -> timedelta:
    """Return how long to wait after this many failed tries."""
    return timedelta(seconds=min(BACKOFF_FIRST_S * 2 ** (tries - 1), BACKOFF_MAX_S))


def _plain(text: str, length_max: int) -> str:
    """Return what can be stored: without U+0000, which PostgreSQL refuses, and not too long."""
    return text.replace("\x00", "")[:length_max]

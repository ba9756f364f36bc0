"""How the stand-in is set up."""

from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-10-28.endive"

EVENT_TYPES = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "transfer.created",
        "transfer.reversed",
        "transfer.updated",
    }
)
"""What the webhook endpoint listens to, unless it is told otherwise; other events are made, and can be read."""

CONNECT_EVENT_TYPES = frozenset(
    {
        "account.updated",
        "account.application.authorized",
        "account.application.deauthorized",
        "payout.created",
        "payout.paid",
        "payout.failed",
    }
)
"""What the Connect endpoint listens to: events of connected accounts go there, and only there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeFakeSettings:
    """`folder` is where the state is kept over restarts; None keeps it in memory only.

    Without `webhook_url` no webhooks of the platform are sent until one is set; the same holds for
    `connect_webhook_url` and those of connected accounts.
    """

    secret_key: str = "sk_test_fairseat"  # noqa: S105 - opens nothing but this stand-in
    publishable_key: str = "pk_test_fairseat"
    webhook_url: str | None = None
    webhook_secret: str = "whsec_fairseat"  # noqa: S105 - as above
    event_types: frozenset[str] = EVENT_TYPES
    connect_webhook_url: str | None = None
    connect_webhook_secret: str = "whsec_fairseat_connect"  # noqa: S105 - as above
    connect_event_types: frozenset[str] = CONNECT_EVENT_TYPES
    webhook_tries_max: int = 10
    webhook_retry_first_s: float = 0.25
    webhook_timeout_s: float = 10.0
    folder: Path | None = None

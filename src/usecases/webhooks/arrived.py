"""How an event enters the inbox, whichever way it came."""

from datetime import datetime
from uuid import UUID

from core.webhooks.webhook import Webhook, WebhookStatus
from ports.webhooks import VerifiedEvent


def arrived(event: VerifiedEvent, *, source: str, id: UUID, now: datetime) -> Webhook:
    """Return the row of an event that came now, due at once."""
    return Webhook(
        id=id,
        source=source,
        event_id=event.event_id,
        event_type=event.event_type,
        account=event.account,
        tenant_id=event.tenant_id,
        body=event.body,
        occurred_at=event.occurred_at,
        received_at=now,
        status=WebhookStatus.RECEIVED,
        retry_count=0,
        due_at=now,
        error_message=None,
        note=None,
        processed_at=None,
    )

"""Takes a webhook in."""

from dataclasses import dataclass

from core.shared.errors import PayloadTooLargeError
from core.webhooks.webhook import Webhook, WebhookStatus
from ports.clock import Clock
from ports.ids import IdSource
from ports.webhooks import WebhookInbox, WebhookVerifier

WEBHOOK_BYTES_MAX = 512 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """The answer to the provider."""

    received: bool
    duplicate: bool


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Open to whoever can sign. Answers only once the event is stored; nothing is done about it here."""

    verifier: WebhookVerifier
    inbox: WebhookInbox
    clock: Clock
    ids: IdSource

    async def __call__(self, body: bytes, *, signature: str | None) -> ReceivedWebhook:
        """Raise BadSignatureError, MalformedWebhookError, WebhooksDisabledError, PayloadTooLargeError."""
        if len(body) > WEBHOOK_BYTES_MAX:
            raise PayloadTooLargeError(f"A webhook has at most {WEBHOOK_BYTES_MAX} bytes.")
        now = self.clock.now()
        event = self.verifier.verify(body, signature, now=now)
        webhook = Webhook(
            id=self.ids.new(),
            source=self.verifier.source,
            event_id=event.event_id,
            event_type=event.event_type,
            body=event.body,
            occurred_at=event.occurred_at,
            received_at=now,
            status=WebhookStatus.RECEIVED,
            retry_count=0,
            due_at=now,
            error_message=None,
            processed_at=None,
        )
        stored = await self.inbox.put(webhook)
        return ReceivedWebhook(received=True, duplicate=not stored)

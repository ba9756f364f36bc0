"""Takes a webhook in."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.shared.errors import PayloadTooLargeError
from core.webhooks.errors import WebhooksDisabledError
from ports.clock import Clock
from ports.ids import IdSource
from ports.webhooks import WebhookInbox, WebhookVerifier
from usecases.webhooks.arrived import arrived

WEBHOOK_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """The answer to the provider."""

    received: bool
    duplicate: bool


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Open to whoever can sign. Answers only once the event is stored; nothing is done about it here.

    There is a verifier for each source; an endpoint takes the events of its own source only.
    """

    verifiers: Sequence[WebhookVerifier]
    inbox: WebhookInbox
    clock: Clock
    ids: IdSource

    async def __call__(self, body: bytes, *, source: str, signature: str | None) -> ReceivedWebhook:
        """Raise BadSignatureError, MalformedWebhookError, WebhooksDisabledError, PayloadTooLargeError."""
        if len(body) > WEBHOOK_BYTES_MAX:
            raise PayloadTooLargeError(f"A webhook has at most {WEBHOOK_BYTES_MAX} bytes.")
        now = self.clock.now()
        event = self._verifier(source).verify(body, signature, now=now)
        webhook = arrived(event, source=source, id=self.ids.new(), now=now)
        stored = await self.inbox.put(webhook)
        return ReceivedWebhook(received=True, duplicate=not stored)

    def _verifier(self, source: str) -> WebhookVerifier:
        for verifier in self.verifiers:
            if verifier.source == source:
                return verifier
        raise WebhooksDisabledError(f"Webhooks of {source} are not taken.")

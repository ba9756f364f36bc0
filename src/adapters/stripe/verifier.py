"""Stripe's signature, and reading an event."""

from datetime import UTC, datetime, timedelta
from typing import override

import msgspec
import stripe

from core.webhooks.errors import BadSignatureError, MalformedWebhookError, WebhooksDisabledError
from ports.webhooks import VerifiedEvent, WebhookVerifier

AGE_MAX_S = 300
AHEAD_MAX_S = 60
"""How far from now the signature's time may be: Stripe signs anew each time it sends, so only a replay is old. The SDK
looks backwards only; a time ahead of ours would let a captured webhook be replayed for longer."""


class StripeEventHead(msgspec.Struct, frozen=True):
    """What every event has."""

    id: str
    type: str
    created: int
    object: str = "event"


class StripeVerifier(WebhookVerifier):
    """Verifies with the endpoint's secret. While secrets are rotated Stripe signs with both, and either fits."""

    def __init__(self, secret: str, *, source: str = "stripe") -> None:
        self._secret = secret.strip()
        self._source = source

    @property
    @override
    def source(self) -> str:
        return self._source

    @override
    def verify(self, body: bytes, signature: str | None, *, now: datetime) -> VerifiedEvent:
        if not self._secret:
            raise WebhooksDisabledError("This endpoint takes no webhooks.")
        try:
            text = body.decode()
            # Without the SDK's own tolerance: it goes by another clock and looks back only.
            stripe.WebhookSignature.verify_header(  # pyright: ignore[reportUnknownMemberType]  # untyped tolerance
                text, signature, self._secret
            )
            signed_at = _signed_at(signature or "")
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError, ValueError, OverflowError) as error:
            raise BadSignatureError("The signature does not fit the body.") from error
        if not now - timedelta(seconds=AGE_MAX_S) <= signed_at <= now + timedelta(seconds=AHEAD_MAX_S):
            raise BadSignatureError("The signature's time is too far from now.")
        try:
            head = msgspec.json.decode(body, type=StripeEventHead)
            occurred_at = datetime.fromtimestamp(head.created, UTC)
        except (msgspec.DecodeError, ValueError, OverflowError, OSError, RecursionError) as error:
            raise MalformedWebhookError("The body is not an event of Stripe.") from error
        if head.object != "event" or not head.id or not head.type:
            raise MalformedWebhookError("The body is not an event of Stripe.")
        return VerifiedEvent(event_id=head.id, event_type=head.type, occurred_at=occurred_at, body=text)


def _signed_at(header: str) -> datetime:
    """Return the time that was signed; the signature fits, so it is there."""
    stamps = [value for name, _, value in (item.partition("=") for item in header.split(",")) if name == "t"]
    return datetime.fromtimestamp(int(stamps[0]), UTC)

"""Stripe's signature, and reading an event."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, override
from uuid import UUID

import msgspec
import stripe
from msgspec import Meta

from core.shared.ids import TenantId
from core.webhooks.errors import BadSignatureError, MalformedWebhookError, WebhooksDisabledError
from ports.published.webhooks import STRIPE
from ports.webhooks import VerifiedEvent, WebhookVerifier

AGE_MAX_S = 300
AHEAD_MAX_S = 60
"""How far from now the signature's time may be: Stripe signs anew each time it sends, so only a replay is old. The SDK
looks backwards only; a time ahead of ours would let a captured webhook be replayed for longer."""


type _Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]


class StripeEventHead(msgspec.Struct, frozen=True):
    """What every event has; `account` is there on events of connected accounts."""

    id: _Name
    type: _Name
    created: int
    object: Literal["event"] = "event"
    account: _Name | None = None


class _Labelled(msgspec.Struct, frozen=True):
    metadata: dict[str, str]


class _Data(msgspec.Struct, frozen=True):
    object: _Labelled


class _OurEvent(msgspec.Struct, frozen=True):
    data: _Data


class StripeVerifier(WebhookVerifier):
    """Verifies with the secrets of one endpoint, any of which fits; without one the endpoint is closed.

    While a secret is rotated there are two, on our side and in Stripe's header, and they need not change at once.
    """

    def __init__(self, *secrets: str, source: str = STRIPE) -> None:
        self._secrets = tuple(filter(None, (secret.strip() for secret in secrets)))
        self._source = source

    @property
    @override
    def source(self) -> str:
        return self._source

    @override
    def verify(self, body: bytes, signature: str | None, *, now: datetime) -> VerifiedEvent:
        if not self._secrets:
            raise WebhooksDisabledError("This endpoint takes no webhooks.")
        try:
            text = body.decode()
            self._must_fit(text, signature)
            signed_at = _signed_at(signature or "")
        except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError, ValueError, OverflowError) as error:
            raise BadSignatureError("The signature does not fit the body.") from error
        if not now - timedelta(seconds=AGE_MAX_S) <= signed_at <= now + timedelta(seconds=AHEAD_MAX_S):
            raise BadSignatureError("The signature's time is too far from now.")
        return read_event(body)

    def _must_fit(self, text: str, signature: str | None) -> None:
        """Raise what the SDK raises for the last secret, unless one fits."""
        *others, last = self._secrets
        for secret in others:
            try:
                _fits(text, signature, secret)
            except stripe.SignatureVerificationError:
                continue
            return
        _fits(text, signature, last)


def _fits(text: str, signature: str | None, secret: str) -> None:
    # Without the SDK's own tolerance: it goes by another clock and looks back only.
    stripe.WebhookSignature.verify_header(  # pyright: ignore[reportUnknownMemberType]  # untyped tolerance
        text, signature, secret
    )


def read_event(body: bytes) -> VerifiedEvent:
    """Return the event that Stripe wrote, in UTF-8; raises MalformedWebhookError."""
    try:
        head = msgspec.json.decode(body, type=StripeEventHead)
        occurred_at = datetime.fromtimestamp(head.created, UTC)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise MalformedWebhookError("The body is not an event of Stripe.") from error
    return VerifiedEvent(
        event_id=head.id,
        event_type=head.type,
        account=head.account,
        tenant_id=_tenant(body) if head.account is None else None,
        occurred_at=occurred_at,
        body=body.decode(),
    )


def _tenant(body: bytes) -> TenantId | None:
    """Return the tenant that Fairseat wrote into the metadata of the event's object, if it did."""
    try:
        event = msgspec.json.decode(body, type=_OurEvent)
        return TenantId(UUID(event.data.object.metadata["tenant_id"]))
    except (msgspec.DecodeError, KeyError, ValueError):
        return None


def _signed_at(header: str) -> datetime:
    """Return the time that was signed; the signature fits, so it is there."""
    stamps = [value for name, _, value in (item.partition("=") for item in header.split(",")) if name == "t"]
    return datetime.fromtimestamp(int(stamps[0]), UTC)

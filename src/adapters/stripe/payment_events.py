"""Stripe's events about payments, for the use cases of payments."""

from typing import Any, override

import msgspec

from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from usecases.payments.record_payment_outcome import RecordPaymentOutcome

_NO_INTENT = "It is about no PaymentIntent."
_NOT_OURS = "It is about a PaymentIntent that is not one of ours."
_ABOUT_REFUNDS = frozenset(
    {"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed"}
)


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]  # Any: an object of Stripe's; only ids are taken from it


class _Body(msgspec.Struct, frozen=True):
    data: _Data


class StripePaymentEvents(ProviderEventHandler):
    """Finds the intent that an event is about and has it read anew, and its refunds where it is about one.

    Intents that are not ours are left alone.
    """

    def __init__(self, record: RecordPaymentOutcome) -> None:
        self._record = record

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome:
        about = msgspec.json.decode(event.body, type=_Body).data.object
        intent_id: object = about.get("id" if about.get("object") == "payment_intent" else "payment_intent")
        if not isinstance(intent_id, str):
            return ProviderEventOutcome(note=_NO_INTENT)
        tenant_id = await self._record(intent_id, with_refunds=event.event_type in _ABOUT_REFUNDS)
        return ProviderEventOutcome(tenant_id=tenant_id, note=None if tenant_id else _NOT_OURS)

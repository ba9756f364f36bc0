"""Stripe's events about payments, for the use cases of payments."""

from typing import Any, override

import msgspec

from ports.published.webhooks import ProviderEvent, ProviderEventHandler
from usecases.payments.record_payment_outcome import RecordPaymentOutcome


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]  # Any: an object of Stripe's; only ids are taken from it


class _Body(msgspec.Struct, frozen=True):
    data: _Data


class StripePaymentEvents(ProviderEventHandler):
    """Finds the intent that an event is about and has it read anew. Events about other things are left alone."""

    def __init__(self, record: RecordPaymentOutcome) -> None:
        self._record = record

    @override
    async def __call__(self, event: ProviderEvent) -> None:
        about = msgspec.json.decode(event.body, type=_Body).data.object
        family = event.event_type.partition(".")[0]
        intent_id: object = None
        if family == "payment_intent":
            intent_id = about.get("id")
        elif family in {"charge", "refund"}:
            intent_id = about.get("payment_intent")
        if isinstance(intent_id, str):
            await self._record(intent_id)

"""Stripe's events about disputes, for the use cases of payments."""

from typing import Any, override

import msgspec

from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from usecases.payments.record_dispute import RecordDispute

_NO_DISPUTE = "It is about no dispute."
_NOT_OURS = "It is about a dispute of a payment that is not one of ours."


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]  # Any: an object of Stripe's; only ids are taken from it


class _Body(msgspec.Struct, frozen=True):
    data: _Data


class StripeDisputeEvents(ProviderEventHandler):
    """Finds the dispute that an event is about and has it read anew; those that are not ours are left alone."""

    def __init__(self, record: RecordDispute) -> None:
        self._record = record

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome:
        dispute_id: object = msgspec.json.decode(event.body, type=_Body).data.object.get("id")
        if not isinstance(dispute_id, str):
            return ProviderEventOutcome(note=_NO_DISPUTE)
        tenant_id = await self._record(dispute_id)
        return ProviderEventOutcome(tenant_id=tenant_id, note=None if tenant_id else _NOT_OURS)

"""Stripe's events about transfers, for the use cases of payments."""

from typing import Any, override

import msgspec

from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from usecases.payments.record_transfers import RecordTransfers

_NO_TRANSFER = "It is about no transfer."
_NOT_OURS = "It is about a transfer that is of no payout of ours."


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]  # Any: an object of Stripe's; only ids are taken from it


class _Body(msgspec.Struct, frozen=True):
    data: _Data


class StripeTransferEvents(ProviderEventHandler):
    """Finds the transfer that an event is about and has it read anew; those that are not ours are left alone."""

    def __init__(self, record: RecordTransfers) -> None:
        self._record = record

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome:
        transfer_id: object = msgspec.json.decode(event.body, type=_Body).data.object.get("id")
        if not isinstance(transfer_id, str):
            return ProviderEventOutcome(note=_NO_TRANSFER)
        tenant_id = await self._record(transfer_id)
        return ProviderEventOutcome(tenant_id=tenant_id, note=None if tenant_id else _NOT_OURS)

"""Stripe's events about connected accounts."""

from typing import override

from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from usecases.payments.record_account import RecordAccount

_NOT_OURS = "It is about an account that is not one of ours, or not any more."


class StripeAccountEvents(ProviderEventHandler):
    """Has the account that an event is about read anew, whatever the event says of it.

    The event names it beside its object: of `account.application.deauthorized` the object is an application.
    """

    def __init__(self, record: RecordAccount) -> None:
        self._record = record

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome:
        tenant_id = None
        if event.account is not None:
            tenant_id = await self._record(event.account, told_at=event.occurred_at)
        return ProviderEventOutcome(tenant_id=tenant_id, note=None if tenant_id else _NOT_OURS)

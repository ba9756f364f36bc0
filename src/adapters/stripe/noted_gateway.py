"""The gateway where traces are recorded: it notes which one each intent was made in."""

from typing import Protocol, override

import stripe

from adapters.stripe.gateway import StripeGateway
from adapters.system.work_context import current_traceparent
from core.payments.intent import Intent
from core.payments.payment import Payment


class Notes(Protocol):
    """Which trace an intent was made in."""

    async def note(self, intent_id: str, traceparent: str | None) -> None:
        """Keep the trace of an intent."""


class NotedStripeGateway(StripeGateway):
    """Stripe is not told: what is asked of it under one idempotency key must stay the same."""

    def __init__(self, client: stripe.StripeClient, notes: Notes) -> None:
        super().__init__(client)
        self._notes = notes

    @override
    async def create_intent(self, payment: Payment) -> Intent:
        intent = await super().create_intent(payment)
        await self._notes.note(intent.id, current_traceparent())
        return intent

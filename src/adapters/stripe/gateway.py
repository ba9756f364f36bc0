"""Stripe as the payment provider."""

from typing import override

import stripe
from stripe.params import PaymentIntentCreateParams

from adapters.stripe.amounts import to_stripe
from adapters.stripe.failures import failures_classified
from adapters.stripe.intents import intent_of, metadata_of
from core.payments.errors import ProviderRefusedError
from core.payments.intent import Intent
from core.payments.payment import Payment
from core.shared.money import Money
from ports.payments import PaymentGateway

_DESCRIPTION_LENGTH_MAX = 1000
_UNEXPECTED_STATE = "payment_intent_unexpected_state"
_ALREADY_REFUNDED = "charge_already_refunded"


class StripeGateway(PaymentGateway):
    """PaymentIntents with automatic payment methods, so that cards and wallets need no code of ours."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    @override
    async def create_intent(self, payment: Payment) -> Intent:
        amount, currency = to_stripe(payment.amount)
        params: PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency,
            "automatic_payment_methods": {"enabled": True},
            "description": payment.description[:_DESCRIPTION_LENGTH_MAX],
            "metadata": metadata_of(payment),
            "expand": ["latest_charge"],
        }
        if payment.destination is not None:
            to = payment.destination
            # On behalf of the venue: its country's cards and fees apply, and its name is on the buyer's statement.
            params["on_behalf_of"] = to.account
            params["transfer_data"] = {"destination": to.account}
            if to.application_fee_minor:
                params["application_fee_amount"] = to_stripe(Money(to.application_fee_minor, payment.amount.currency))[
                    0
                ]
        async with failures_classified():
            made = await self._client.v1.payment_intents.create_async(
                params,
                # Stripe knows a key for a day; the sweep asks again within minutes, and then the intent is noted.
                {"idempotency_key": f"order:{payment.order_id}:attempt:{payment.attempt}"},
            )
        return intent_of(made)

    @override
    async def retrieve_intent(self, intent_id: str) -> Intent:
        async with failures_classified():
            return intent_of(
                await self._client.v1.payment_intents.retrieve_async(intent_id, {"expand": ["latest_charge"]})
            )

    @override
    async def cancel_intent(self, intent_id: str) -> Intent:
        async with failures_classified():
            try:
                await self._client.v1.payment_intents.cancel_async(intent_id, {"cancellation_reason": "abandoned"})
            except stripe.InvalidRequestError as error:
                if error.code != _UNEXPECTED_STATE:
                    raise
        return await self.retrieve_intent(intent_id)

    @override
    async def refund(self, payment: Payment) -> str | None:
        if payment.intent_id is None:
            raise ProviderRefusedError(f"Payment {payment.id} has no intent that could be refunded.")
        async with failures_classified():
            try:
                refund = await self._client.v1.refunds.create_async(
                    {"payment_intent": payment.intent_id, "metadata": metadata_of(payment)},
                    {"idempotency_key": f"payment:{payment.id}:refund"},
                )
            except stripe.InvalidRequestError as error:
                if error.code == _ALREADY_REFUNDED:
                    return None
                raise
        if refund.status in {"failed", "canceled"}:
            raise ProviderRefusedError(f"Stripe could not refund {payment.intent_id}: {refund.failure_reason}.")
        return refund.id

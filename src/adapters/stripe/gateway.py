"""Stripe as the payment provider."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import override

import stripe
from stripe.params import PaymentIntentCreateParams

from adapters.stripe.amounts import from_stripe, to_stripe
from adapters.stripe.balance import movement_of
from adapters.stripe.disputes import dispute_of
from adapters.stripe.failures import failures_classified
from adapters.stripe.intents import intent_of, metadata_of
from adapters.stripe.refunds import refund_of, refund_params
from adapters.stripe.transfers import to_account, transfer_group_of, transfer_of, transfer_params
from core.payments.dispute import ProviderDispute
from core.payments.errors import ProviderRefusedError
from core.payments.intent import Intent
from core.payments.movements import Movement
from core.payments.payment import Payment
from core.payments.payout import Leg, Payout, ProviderTransfer
from core.payments.refund import ProviderRefund, Refund, RefundsSeen
from core.shared.money import Money
from ports.payments import PaymentGateway

_DESCRIPTION_LENGTH_MAX = 1000
_UNEXPECTED_STATE = "payment_intent_unexpected_state"
_PAGE = 100


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
        if payment.escrow:
            params["transfer_group"] = transfer_group_of(payment)
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
                await self._client.v1.payment_intents.retrieve_async(
                    intent_id, {"expand": ["latest_charge", "latest_charge.balance_transaction"]}
                )
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
    async def refund(self, payment: Payment, refund: Refund) -> ProviderRefund:
        params = refund_params(payment, refund, intent_id=_intent_id(payment))
        async with failures_classified():
            made = await self._client.v1.refunds.create_async(
                params, {"idempotency_key": f"refund:{refund.id}:attempt:{refund.attempt}"}
            )
        return refund_of(made)

    @override
    async def refunds(self, payment: Payment) -> RefundsSeen:
        intent_id = _intent_id(payment)
        async with failures_classified():
            listed = await self._client.v1.refunds.list_async({"payment_intent": intent_id, "limit": _PAGE})
            found = [refund_of(one) async for one in listed.auto_paging_iter()]
            fee_minor = await self._fee_returned(intent_id) if payment.destination is not None else 0
        return RefundsSeen(tuple(reversed(found)), fee_minor)

    @override
    async def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        async with failures_classified():
            return dispute_of(await self._client.v1.disputes.retrieve_async(dispute_id))

    @override
    async def disputes_of(self, payment: Payment) -> Sequence[ProviderDispute]:
        async with failures_classified():
            listed = await self._client.v1.disputes.list_async({"payment_intent": _intent_id(payment), "limit": _PAGE})
            found = [dispute_of(one) async for one in listed.auto_paging_iter()]
        return list(reversed(found))

    @override
    async def answer_dispute(self, dispute_id: str, text: str, *, submit: bool) -> None:
        # A draft may be put back to what it was before, so only what is handed in has a key.
        key = f"evidence:{dispute_id}:{sha256(text.encode()).hexdigest()}"
        options: stripe.RequestOptions = {"idempotency_key": key} if submit else {}
        async with failures_classified():
            await self._client.v1.disputes.update_async(
                dispute_id, {"evidence": {"uncategorized_text": text}, "submit": submit}, options
            )

    @override
    async def transfer(self, payment: Payment, payout: Payout, leg: Leg, *, to: str) -> ProviderTransfer:
        intent = await self.retrieve_intent(_intent_id(payment))
        if intent.charge is None:
            raise ProviderRefusedError(f"Intent {intent.id} has no charge whose money could be sent.")
        # A charge whose money has left again, be it a part, is no source to rely on. The key stays the same: should the
        # same try have been sent with its source, and nobody know how that ended, this one is refused.
        untouched = intent.refunded_minor == 0 and not intent.disputed
        params = transfer_params(payment, payout, leg, to=to, charge=intent.charge.id if untouched else None)
        async with to_account(to):
            made = await self._client.v1.transfers.create_async(
                params, {"idempotency_key": f"payout:{payout.id}:{leg}:attempt:{payout.attempt}"}
            )
        return transfer_of(made)

    @override
    async def transfers(self, payment: Payment) -> Sequence[ProviderTransfer]:
        async with failures_classified():
            listed = await self._client.v1.transfers.list_async(
                {"transfer_group": transfer_group_of(payment), "limit": _PAGE}
            )
            found = [transfer_of(one) async for one in listed.auto_paging_iter()]
        return list(reversed(found))

    @override
    async def retrieve_transfer(self, transfer_id: str) -> ProviderTransfer:
        async with failures_classified():
            return transfer_of(await self._client.v1.transfers.retrieve_async(transfer_id))

    @override
    async def movements(self, *, start: datetime, end: datetime) -> Sequence[Movement]:
        async with failures_classified():
            listed = await self._client.v1.balance_transactions.list_async(
                {
                    "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
                    "limit": _PAGE,
                    "expand": ["data.source"],
                }
            )
            found = [movement_of(one) async for one in listed.auto_paging_iter()]
        return [one for one in reversed(found) if one is not None]

    async def _fee_returned(self, intent_id: str) -> int:
        expand = ["latest_charge", "latest_charge.application_fee"]
        intent = await self._client.v1.payment_intents.retrieve_async(intent_id, {"expand": expand})
        charge = intent.latest_charge
        fee = charge.application_fee if isinstance(charge, stripe.Charge) else None
        if not isinstance(fee, stripe.ApplicationFee):
            return 0
        return from_stripe(fee.amount_refunded, fee.currency).amount_minor


def _intent_id(payment: Payment) -> str:
    if payment.intent_id is None:
        raise ProviderRefusedError(f"Payment {payment.id} has no intent that could be refunded.")
    return payment.intent_id

"""Sees to it that no money comes for an order that ends, or says that it came."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from core.payments.errors import PaymentDisputedError, ProviderRefusedError
from core.payments.intent import Intent
from core.payments.payment import Payment, PaymentStatus
from core.payments.transitions import attach, close, give_up, observe
from core.shared.ids import OrderId, RefundId, TenantId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from ports.published.payments import whole_refund_id
from usecases.payments.keep_change import KeepChange
from usecases.payments.refund_payment import RefundPayment

MISMATCH_REASON = "another amount than the order's was taken"


class CancelResult(StrEnum):
    """What became of the payment; see ports.published.payments.CancelOutcome."""

    NONE = "none"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    PROCESSING = "processing"


@dataclass(frozen=True, slots=True)
class CancelPayment:
    """For orders, before they let go of their seats. Repeating it asks the provider again.

    From the first transaction on no new try is begun. An attempt whose intent is not known (its process may have
    died, or be busy) is named at the provider first, by the same key, so that nobody can pay it afterwards. Where the
    provider refuses to make it (the account it would go to is gone, say), there is none, and never will be.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    refund: RefundPayment
    clock: Clock
    keep: KeepChange

    async def __call__(self, *, tenant_id: TenantId, order_id: OrderId) -> CancelResult:
        """Return what became of the payment; raises what the gateway raises."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.lock_of_order(order_id)
            if payment is None:
                return CancelResult.NONE
            payment = await self.keep(tx, close(payment, now=now), current=payment, now=now)
        if payment.status in {PaymentStatus.PENDING, PaymentStatus.FAILED}:
            payment = await self._cancel_at_provider(payment)
        match payment.status:
            case PaymentStatus.SUCCEEDED:
                return CancelResult.SUCCEEDED if payment.refundable_minor > 0 else CancelResult.CANCELLED
            case PaymentStatus.MISMATCHED:
                if payment.refundable_minor > 0:
                    refund_id = RefundId(whole_refund_id(order_id))
                    # Money that the buyer's bank has needs nobody to send it back.
                    with suppress(PaymentDisputedError):
                        await self.refund(
                            tenant_id=tenant_id, order_id=order_id, refund_id=refund_id, reason=MISMATCH_REASON
                        )
                return CancelResult.CANCELLED
            case PaymentStatus.CANCELLED | PaymentStatus.REFUNDED:
                return CancelResult.CANCELLED
            case PaymentStatus.PENDING | PaymentStatus.FAILED:
                return CancelResult.PROCESSING
            case _:
                assert_never(payment.status)

    async def _cancel_at_provider(self, payment: Payment) -> Payment:
        intent_id = payment.intent_id
        if intent_id is None:
            try:
                named = await self.gateway.create_intent(payment)
            except ProviderRefusedError:
                return await self._never_made(payment)
            await self._note(payment, named)
            intent_id = named.id
        return await self._note(payment, await self.gateway.cancel_intent(intent_id))

    async def _never_made(self, payment: Payment) -> Payment:
        now = self.clock.now()
        async with self.transactions.begin(payment.tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            assert current is not None, "payments are never deleted"
            change = give_up(current, attempt=payment.attempt, now=now)
            return await self.keep(tx, change, current=current, now=now)

    async def _note(self, payment: Payment, intent: Intent) -> Payment:
        now = self.clock.now()
        async with self.transactions.begin(payment.tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            assert current is not None, "payments are never deleted"
            current = await self.keep(tx, attach(current, intent, now=now), current=current, now=now)
            return await self.keep(tx, observe(current, intent, now=now), current=current, now=now)

"""Asks the provider about payments of which nothing was heard for too long."""

from dataclasses import dataclass, replace
from datetime import timedelta

from core.payments.errors import AmountMismatchError
from core.payments.payment import Payment
from core.payments.transitions import CHECK_AFTER_S
from core.shared.errors import DomainError
from core.shared.ids import PaymentId, TenantId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions, UnsettledPayments
from usecases.payments.cancel_payment import CancelPayment
from usecases.payments.record_payment_outcome import RecordPaymentOutcome

_PAYMENTS_MAX = 50
"""How many payments one round looks at."""


@dataclass(frozen=True, slots=True)
class ReconcilePendingPayments:
    """For the worker. Heals lost webhooks, and what a crash left between two transactions.

    A payment without an intent gets one by the same key; one that is to be cancelled is. Each payment is
    put off before it is looked at, so that two sweeps, or a payment that always fails, do not hold the others up.
    """

    unsettled: UnsettledPayments
    transactions: PaymentTransactions
    gateway: PaymentGateway
    record: RecordPaymentOutcome
    cancel: CancelPayment
    clock: Clock

    async def __call__(self) -> int:
        """Return how many payments were settled or asked about; raises ProviderUnavailableError when nobody answers."""
        done = 0
        for tenant_id, payment_id in await self.unsettled.due(now=self.clock.now(), payments_max=_PAYMENTS_MAX):
            payment = await self._put_off(tenant_id, payment_id)
            if payment is not None:
                done += await self._settle(payment)
        return done

    async def _put_off(self, tenant_id: TenantId, payment_id: PaymentId) -> Payment | None:
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.lock(payment_id)
            if payment is None or payment.check_at is None or payment.check_at > now:
                return None
            payment = replace(payment, check_at=now + timedelta(seconds=CHECK_AFTER_S))
            await tx.payments.save(payment)
        return payment

    async def _settle(self, payment: Payment) -> bool:
        """Return whether the provider was asked to an end; a refusal leaves the payment for the next round."""
        try:
            if payment.closing:
                await self.cancel(tenant_id=payment.tenant_id, order_id=payment.order_id)
            else:
                intent_id = payment.intent_id or (await self.gateway.create_intent(payment)).id
                await self.record(intent_id)
        except AmountMismatchError:
            await self.cancel(tenant_id=payment.tenant_id, order_id=payment.order_id)
        except DomainError:
            return False
        return True

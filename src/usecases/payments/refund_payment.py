"""Gives all the money of an order back."""

from dataclasses import dataclass

from core.payments.errors import PaymentNotFoundError
from core.payments.payment import Payment, PaymentStatus
from core.payments.transitions import ask_refund, mark_refunded
from core.shared.ids import OrderId, TenantId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.keep_change import KeepChange


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """For orders: when staff refund one, and by itself when money came for seats that are gone.

    That the money must go back is committed before the provider is asked; the sweep goes on where a process died.
    Repeating it refunds nothing twice.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    keep: KeepChange

    async def __call__(self, *, tenant_id: TenantId, order_id: OrderId, reason: str) -> Payment:
        """Return the refunded payment.

        Raises PaymentNotFoundError, NotRefundableError, and what the gateway raises.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.lock_of_order(order_id)
            if payment is None:
                raise PaymentNotFoundError(f"Order {order_id} has no payment.")
            payment = await self.keep(tx, ask_refund(payment, reason=reason, now=now), current=payment, now=now)
        if payment.status is PaymentStatus.REFUNDED:
            return payment
        refund_id = await self.gateway.refund(payment)
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            assert current is not None, "payments are never deleted"
            change = mark_refunded(current, refund_id=refund_id, now=now)
            return await self.keep(tx, change, current=current, now=now)

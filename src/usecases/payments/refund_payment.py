"""Gives money of an order back."""

from dataclasses import dataclass

from core.payments.dispute import must_not_be_disputed
from core.payments.errors import PaymentNotFoundError
from core.payments.refund import Refund, RefundStatus
from core.payments.refunding import ask_refund, must_be_same, retry_refund
from core.shared.ids import OrderId, RefundId, TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.send_refund import SendRefund
from usecases.payments.settle_refund import SettleRefund


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """For orders: when staff or a policy refund, and by itself when money came for seats that are gone.

    That the money must go back is committed before the provider is asked; the sweep goes on where a process died, or
    the provider is away. The caller makes the id, and repeating it refunds nothing twice: asking again for a refund
    that failed begins its next try.
    """

    transactions: PaymentTransactions
    clock: Clock
    keep: KeepRefunds
    send: SendRefund
    settle: SettleRefund

    async def __call__(
        self,
        *,
        tenant_id: TenantId,
        order_id: OrderId,
        refund_id: RefundId,
        reason: str,
        amount_minor: int | None = None,
    ) -> Refund:
        """Return the refund as it stands; None for the amount means all that is left, and for a failed one no more.

        Raises PaymentNotFoundError, NotRefundableError, PaymentDisputedError, RefundTooLargeError, RefundConflictError
        and InvalidInputError.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.lock_of_order(order_id)
            if payment is None:
                raise PaymentNotFoundError(f"Order {order_id} has no payment.")
            known = await tx.refunds.find(refund_id)
            if known is None or known.status is RefundStatus.FAILED:
                must_not_be_disputed(payment, await tx.disputes.of_payment(payment.id))
            if known is None:
                change = ask_refund(payment, refund_id=refund_id, amount_minor=amount_minor, reason=reason, now=now)
                payment, refund = await self.keep(tx, change, current=payment, now=now), change.refunds[0]
            elif known.status is RefundStatus.FAILED:
                must_be_same(known, payment, amount_minor=amount_minor)
                change = retry_refund(payment, known, now=now, as_far_as_there_is=amount_minor is None)
                payment, refund = await self.keep(tx, change, current=payment, now=now), change.refunds[0]
            else:
                must_be_same(known, payment, amount_minor=amount_minor)
                refund = known
        return await (self.send(payment, refund) if known is None else self.settle(payment, refund))

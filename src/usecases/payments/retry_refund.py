"""Tries a failed refund again."""

from dataclasses import dataclass

from core.payments.errors import RefundNotFoundError
from core.payments.refund import Refund
from core.payments.refunding import retry_refund
from core.shared.callers import SELLERS, Caller
from core.shared.ids import RefundId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.settle_refund import SettleRefund


@dataclass(frozen=True, slots=True)
class RetryRefund:
    """Open to staff who sell, at any time: the sweep does so later and later."""

    transactions: PaymentTransactions
    clock: Clock
    keep: KeepRefunds
    settle: SettleRefund

    async def __call__(self, caller: Caller, refund_id: RefundId) -> Refund:
        """Return the refund as it stands after the new try.

        Raises ForbiddenError, RefundNotFoundError, RefundNotFailedError, and RefundTooLargeError when its money went
        back by another refund.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            found = await tx.refunds.find(refund_id)
            payment = await tx.payments.lock(found.payment_id) if found is not None else None
            refund = await tx.refunds.find(refund_id)
            if payment is None or refund is None:
                raise RefundNotFoundError(f"There is no refund {refund_id}.")
            change = retry_refund(payment, refund, now=now)
            payment = await self.keep(tx, change, current=payment, now=now)
        return await self.settle(payment, change.refunds[0])

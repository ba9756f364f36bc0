"""Looks after the refunds that have not arrived."""

from dataclasses import dataclass, replace

from core.payments.dispute import DisputeState
from core.payments.errors import RefundTooLargeError
from core.payments.payment import Payment
from core.payments.refund import Refund, RefundStatus
from core.payments.refunding import put_off, retry_refund
from core.shared.errors import DomainError
from core.shared.ids import RefundId, TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions, UnsettledRefunds
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.settle_refund import SettleRefund

_REFUNDS_MAX = 50
"""How many refunds one round looks at."""


@dataclass(frozen=True, slots=True)
class SettleRefunds:
    """For the worker. Heals lost webhooks and what a crash left, and tries failed refunds again, later each time.

    That ends only when the money went back in another way, or by the buyer's bank: then nothing is left to try.

    Each refund is put off before it is looked at, so that two sweeps, or one that always fails, do not hold the others
    up.
    """

    unsettled: UnsettledRefunds
    transactions: PaymentTransactions
    keep: KeepRefunds
    settle: SettleRefund
    clock: Clock

    async def __call__(self) -> int:
        """Return how many refunds were looked at."""
        done = 0
        for tenant_id, refund_id in await self.unsettled.refunds_due(now=self.clock.now(), refunds_max=_REFUNDS_MAX):
            try:
                taken = await self._take(tenant_id, refund_id)
                if taken is not None:
                    await self.settle(*taken)
                    done += 1
            except DomainError:
                continue  # it was put off, and comes again
        return done

    async def _take(self, tenant_id: TenantId, refund_id: RefundId) -> tuple[Payment, Refund] | None:
        """Put the refund off, or begin its next try; None when another sweep did so."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            found = await tx.refunds.find(refund_id)
            payment = await tx.payments.lock(found.payment_id) if found is not None else None
            refund = await tx.refunds.find(refund_id)
            if payment is None or refund is None or refund.check_at is None or refund.check_at > now:
                return None
            if refund.status is not RefundStatus.FAILED:
                refund = put_off(refund, now=now)
                await tx.refunds.save(refund)
                return payment, refund
            if any(each.state is DisputeState.LOST for each in await tx.disputes.of_payment(payment.id)):
                await tx.refunds.save(replace(refund, check_at=None))
                return None
            try:
                change = retry_refund(payment, refund, now=now)
            except RefundTooLargeError:
                # Its money went back by another refund: nothing is left to try.
                await tx.refunds.save(replace(refund, check_at=None))
                return None
            return await self.keep(tx, change, current=payment, now=now), change.refunds[0]

"""Looks after the payouts that have not come to an end."""

from dataclasses import dataclass, replace

from core.payments.errors import PayoutTooLargeError
from core.payments.paying_out import put_off, retry
from core.payments.payout import Payout, PayoutStatus
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import PayoutId, TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.payouts import UnsettledPayouts
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.settle_payout import SettlePayout

_PAYOUTS_MAX = 50
"""How many payouts one round looks at."""


@dataclass(frozen=True, slots=True)
class SettlePayouts:
    """For the worker. Sends what is owed once it can be, heals lost webhooks, and tries failed payouts some times.

    Each payout is put off before it is looked at, so that two sweeps, or one that always fails, do not hold the others
    up.
    """

    unsettled: UnsettledPayouts
    transactions: PaymentTransactions
    keep: KeepPayout
    settle: SettlePayout
    clock: Clock

    async def __call__(self) -> int:
        """Return how many payouts were looked at."""
        done = 0
        for tenant_id, payout_id in await self.unsettled.payouts_due(now=self.clock.now(), payouts_max=_PAYOUTS_MAX):
            try:
                payout = await self._take(tenant_id, payout_id)
                if payout is not None:
                    await self.settle(payout)
                    done += 1
            except (DomainError, UnavailableError):
                continue  # it was put off, and comes again
        return done

    async def _take(self, tenant_id: TenantId, payout_id: PayoutId) -> Payout | None:
        """Put the payout off, or begin its next try; None when another sweep did so."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            found = await tx.payouts.find(payout_id)
            payment = await tx.payments.lock(found.payment_id) if found is not None else None
            payout = await tx.payouts.find(payout_id)
            if payment is None or payout is None or payout.check_at is None or payout.check_at > now:
                return None
            if payout.status is not PayoutStatus.FAILED:
                payout = put_off(payout, now=now)
                await tx.payouts.save(payout)
                return payout
            try:
                change = retry(payment, payout, now=now)
            except PayoutTooLargeError:
                # Other payouts have all that came: nothing is left to try.
                await tx.payouts.save(replace(payout, check_at=None))
                return None
            return await self.keep(tx, change, current=payout, now=now)

"""Looks after the disputes that are not over."""

from dataclasses import dataclass

from core.payments.dispute import put_off
from core.payments.payment import Payment
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import DisputeId, TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.disputes import UnsettledDisputes
from usecases.payments.record_disputes import RecordDisputes

_DISPUTES_MAX = 50
"""How many disputes one round looks at."""


@dataclass(frozen=True, slots=True)
class SettleDisputes:
    """For the worker. Heals lost webhooks of a dispute that is known: its payment's disputes are read anew.

    Each dispute is put off before it is looked at, so that two sweeps, or one that always fails, do not hold the others
    up.
    """

    unsettled: UnsettledDisputes
    transactions: PaymentTransactions
    record: RecordDisputes
    clock: Clock

    async def __call__(self) -> int:
        """Return how many disputes were looked at."""
        done = 0
        for tenant_id, dispute_id in await self.unsettled.disputes_due(
            now=self.clock.now(), disputes_max=_DISPUTES_MAX
        ):
            try:
                payment = await self._take(tenant_id, dispute_id)
                if payment is not None:
                    await self.record(payment)
                    done += 1
            except (DomainError, UnavailableError):
                continue  # it was put off, and comes again
        return done

    async def _take(self, tenant_id: TenantId, dispute_id: DisputeId) -> Payment | None:
        """Put the dispute off and return its payment; None when another sweep did so."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            found = await tx.disputes.find(dispute_id)
            payment = await tx.payments.lock(found.payment_id) if found is not None else None
            dispute = await tx.disputes.find(dispute_id)
            if payment is None or dispute is None or dispute.check_at is None or dispute.check_at > now:
                return None
            await tx.disputes.put(put_off(dispute, now=now))
        return payment

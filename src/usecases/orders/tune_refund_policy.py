"""Read and change the refund policy of an organisation."""

from dataclasses import dataclass, replace

from core.orders.refund_policy import RefundPolicy
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import StaleVersionError
from ports.clock import Clock
from ports.orders import OrderTransactions


@dataclass(frozen=True, slots=True)
class TuneRefundPolicy:
    """Everybody may read it, since buyers decide by it; managers may change what they have read.

    A change holds for orders that are placed from then on: each keeps the policy that it was placed under.
    """

    transactions: OrderTransactions
    clock: Clock

    async def read(self, caller: Caller) -> RefundPolicy:
        """Return the policy; one that was never set has version 0 and no rules."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.policies.get()

    async def change(self, caller: Caller, policy: RefundPolicy, *, expected_version: int) -> RefundPolicy:
        """Replace the policy; raises StaleVersionError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        changed = replace(policy, version=expected_version + 1)
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.policies.get()
            if stored.version != expected_version:
                raise StaleVersionError(f"The policy is at version {stored.version}; you read {expected_version}.")
            await tx.policies.save(changed, at=self.clock.now())
        return changed

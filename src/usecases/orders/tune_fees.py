"""Read and change the fees and taxes of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.orders.fee_schedule import FeeSchedule, FeeScheduleChange
from core.shared.callers import MANAGERS, STAFF, Caller
from core.shared.errors import StaleVersionError
from ports.clock import Clock
from ports.orders import OrderTransactions

CHANGES_MAX = 100


@dataclass(frozen=True, slots=True)
class TuneFees:
    """Staff may read; managers may change what they have read, and see who changed what.

    A change counts for orders that are priced from then on; those that were placed keep what they have.
    """

    transactions: OrderTransactions
    clock: Clock

    async def current(self, caller: Caller) -> FeeSchedule:
        """Return the fees and taxes in force; raises ForbiddenError."""
        caller.must_be_one_of(STAFF)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.fee_schedules.current()

    async def change(self, caller: Caller, wanted: FeeSchedule, *, expected_version: int) -> FeeSchedule:
        """Replace the fees and taxes; raises StaleVersionError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            stored = await tx.fee_schedules.current()
            if stored.version != expected_version:
                raise StaleVersionError(f"The fees are at version {stored.version}; you read {expected_version}.")
            changed = replace(wanted, version=expected_version + 1)
            await tx.fee_schedules.add(FeeScheduleChange(changed, caller.account_id, self.clock.now()))
        return changed

    async def changes(self, caller: Caller) -> Sequence[FeeScheduleChange]:
        """Return the last CHANGES_MAX versions, the newest first; raises ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.fee_schedules.changes(changes_max=CHANGES_MAX)

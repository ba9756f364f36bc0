"""Ask whether a plan's live map may be watched."""

from dataclasses import dataclass

from core.seating.plans import PlanStatus
from core.shared.callers import Caller
from core.shared.ids import PlanId
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class WatchMap:
    """Open to any caller of the tenant."""

    transactions: SeatingTransactions

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> bool:
        """Return whether there is anything to watch: not for a plan off sale. Raises PlanNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            return (await tx.plans.get(plan_id)).status is not PlanStatus.INACTIVE

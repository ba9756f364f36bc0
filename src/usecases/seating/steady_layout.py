"""A plan and its layout, read so that they belong together."""

from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, TenantId
from ports.seating import SeatingTransactions

READS_MAX = 5


async def steady_layout(
    transactions: SeatingTransactions, plan_id: PlanId, tenant_id: TenantId
) -> tuple[SeatingPlan, Layout]:
    """Return the plan and its layout.

    Raises PlanNotFoundError, PlanBeingWrittenError for one that is not all there yet, and StaleVersionError for a draft
    that gets new layouts faster than they can be read.
    """
    for _ in range(READS_MAX):
        async with transactions.begin(tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            plan.must_be_whole()
            layout = await tx.plans.layout(plan_id)
            # Read committed: the seats may have been changed after the plan was read.
            after = await tx.plans.get(plan_id)
        if after.seats_version == plan.seats_version:
            return after, layout
    raise StaleVersionError("The plan is being changed.")

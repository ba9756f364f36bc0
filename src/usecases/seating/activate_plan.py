"""Put a seating plan on sale, and take it off."""

from dataclasses import dataclass

from core.seating.plans import SeatingPlan
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.published.seating import PlanDeactivated
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class ActivatePlan:
    """Open to managers. A ticket is sold from one active plan at a time; the first activation publishes the plan."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, *, expected_version: int | None, caller: Caller) -> SeatingPlan:
        """Return the active plan, with the next number of its ticket unless it has one; one that was active stays so.

        Raises PlanNotFoundError, PlanNotReadyError, TicketHasActivePlanError, StaleVersionError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            plan.must_be(expected_version)
            number = await tx.plans.next_version_number(plan.ticket_id) if plan.version_number is None else 0
            active = plan.activate(next_number=number, now=self.clock.now())
            if active.version != plan.version:
                await tx.plans.save(active)
            return active


@dataclass(frozen=True, slots=True)
class DeactivatePlan:
    """Open to managers. Nothing new can be held; holds, reservations and sold seats stay as they are."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, *, expected_version: int | None, caller: Caller) -> SeatingPlan:
        """Return the inactive plan; one that was inactive stays as it is.

        Raises PlanNotFoundError, PlanNotActiveError for a draft, StaleVersionError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            plan.must_be(expected_version)
            inactive = plan.deactivate(now=self.clock.now())
            if inactive.version != plan.version:
                await tx.plans.save(inactive)
                await tx.outbox.add(PlanDeactivated(plan_id=plan_id), subject=plan_id, at=inactive.updated_at)
            return inactive

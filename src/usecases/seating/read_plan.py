"""Look at seating plans."""

from dataclasses import dataclass
from datetime import datetime

from core.seating.plans import SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.reports import Report
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId, TicketId
from ports.clock import Clock
from ports.paging import Page, PageRequest
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class PlanDetails:
    """A plan with its sections and price tiers, and the moment that it is looked at."""

    plan: SeatingPlan
    sections: tuple[Section, ...]
    tiers: tuple[PriceTier, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """Open to any caller of the tenant."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> PlanDetails:
        """Return the plan; raises PlanNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            sections, tiers = await tx.plans.sections(plan_id), await tx.plans.tiers(plan_id)
        return PlanDetails(plan, sections, tiers, self.clock.now())


@dataclass(frozen=True, slots=True)
class ListPlans:
    """Open to any caller of the tenant."""

    transactions: SeatingTransactions

    async def __call__(self, page: PageRequest, *, ticket_id: TicketId | None, caller: Caller) -> Page[SeatingPlan]:
        """Return plans, of one ticket or of all."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.plans.page(page, ticket_id=ticket_id)


@dataclass(frozen=True, slots=True)
class ValidatePlan:
    """Open to managers; changes nothing."""

    transactions: SeatingTransactions

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> Report:
        """Return what forbids selling from the plan and what looks odd; raises PlanNotFoundError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return (await tx.plans.get(plan_id)).check()

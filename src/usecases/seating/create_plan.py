"""Make the seating plan of a ticket."""

import asyncio
from dataclasses import dataclass

from core.seating.layout import with_ids
from core.seating.plans import SeatingPlan
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions
from usecases.seating.plan_drafts import PlanDrafts, PlanFacts
from usecases.seating.plan_sources import RequestLimit


@dataclass(frozen=True, slots=True)
class CreatePlan:
    """Open to managers. The plan is a draft; price and `max_per_user` are the ticket's as they are now."""

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi
    clock: Clock
    ids: IdSource
    limit: RequestLimit

    async def __call__(self, facts: PlanFacts, *, caller: Caller) -> SeatingPlan:
        """Return the new plan.

        Raises ForbiddenError, RefusedError for a ticket or venue that is not there, TicketNotSeatedError,
        VenueMismatchError, PlanTooLargeError, and InvalidPlanError that names each fault of the source; nothing is
        stored then.
        """
        caller.must_be_one_of(MANAGERS)
        plan, draft = await PlanDrafts(self.transactions, self.ticketing, self.venues).drafted(
            facts, tenant_id=caller.tenant_id, plan_id=PlanId(self.ids.new()), now=self.clock.now()
        )
        self.limit.check(draft)
        layout = await asyncio.to_thread(
            with_ids, draft, new_id=self.ids.new, price_minor=plan.ticket_price.amount_minor
        )
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.plans.add(plan, layout)
        return plan

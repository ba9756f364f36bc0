"""Give a draft another layout."""

import asyncio
from dataclasses import dataclass

from core.seating.layout import with_ids
from core.seating.places import Point
from core.seating.plans import SeatingPlan
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions
from usecases.seating.plan_sources import Limits, PlanSource, PlanSources, RequestLimit


@dataclass(frozen=True, slots=True)
class ReplaceSource:
    """Open to managers who have read the version that they change, as long as the plan was never on sale.

    Seats and sections are new ones, available and without price tiers.
    """

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi
    clock: Clock
    ids: IdSource
    limit: RequestLimit

    async def __call__(
        self,
        plan_id: PlanId,
        source: PlanSource,
        *,
        focus: Point | None,
        expected_version: int | None,
        caller: Caller,
    ) -> SeatingPlan:
        """Return the plan with its new layout.

        Raises PlanNotFoundError, StaleVersionError, PlanPublishedError, ForbiddenError, RefusedError for a ticket or
        venue that is no longer there, PlanTooLargeError, and InvalidPlanError that names each fault of the source.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
        plan.must_be(expected_version)
        plan.must_be_draft()
        ticket = await self.ticketing.ticket(tenant_id=caller.tenant_id, ticket_id=plan.ticket_id)
        venue = await self.venues.venue(tenant_id=caller.tenant_id, venue_id=plan.venue_id)
        draft, drawn = await PlanSources(self.transactions, self.ticketing, self.venues).layout_of(
            source,
            focus=focus,
            limits=Limits(ticket.quota, venue.capacity, plan.seats_max_per_order),
            tenant_id=caller.tenant_id,
            venue_id=plan.venue_id,
        )
        self.limit.check(draft)
        layout = await asyncio.to_thread(
            with_ids, draft, new_id=self.ids.new, price_minor=plan.ticket_price.amount_minor
        )
        redrawn = plan.redrawn(drawn, now=self.clock.now())
        async with self.transactions.begin(caller.tenant_id) as tx:
            # The store compares the version, so a plan that was changed or published since is left alone.
            await tx.plans.replace_layout(redrawn, layout)
        return redrawn

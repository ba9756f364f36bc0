"""Set the prices of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.seating.plans import SeatingPlan
from core.seating.pricing import Pricing, TierRequest, price_layout
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class ReplacePriceTiers:
    """Open to managers who have read the version that they change. Seats that are held keep the price they had.

    Prices that change at set times need nobody then: what a hold costs is told by its own moment (`Catalogue`).
    """

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(
        self, plan_id: PlanId, tiers: Sequence[TierRequest], *, expected_version: int | None, caller: Caller
    ) -> tuple[SeatingPlan, Pricing]:
        """Return the plan and its new prices.

        Raises PlanNotFoundError, InvalidPriceTiersError, StaleVersionError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            plan.must_be(expected_version)
            pricing = price_layout(tiers, layout=await tx.plans.layout(plan_id), ticket_price=plan.ticket_price)
            priced = plan.priced(seats_without_tier=pricing.seats_without_tier, now=self.clock.now())
            await tx.plans.save(priced)
            await tx.plans.save_pricing(plan_id, pricing)
            return priced, pricing

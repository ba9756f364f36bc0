"""Write a seating plan as a document."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from core.seating.layout import without_ids
from core.seating.plan_export import write_plan
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanId
from ports.seating import SeatingTransactions
from usecases.seating.steady_layout import steady_layout


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Open to managers. The document has the layout; prices and who has which seat are not in it."""

    transactions: SeatingTransactions

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> Mapping[str, object]:
        """Return the plan in the seating-plan format: as the source of a plan it makes the same layout again.

        Raises PlanNotFoundError, ForbiddenError.
        """
        caller.must_be_one_of(MANAGERS)
        plan, layout = await steady_layout(self.transactions, plan_id, caller.tenant_id)
        # In a thread, since a large plan takes long enough for others to notice.
        draft = await asyncio.to_thread(
            without_ids, layout, categories=plan.categories, drawing=plan.layout, focus=plan.focus
        )
        return await asyncio.to_thread(write_plan, plan.name, draft)

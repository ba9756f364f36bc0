"""Changes of published layouts in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override
from uuid import UUID

from adapters.memory.seating_plans import TenantSeating
from core.seating.errors import PlanNotFoundError
from core.seating.plan_change import Redrawn
from core.seating.plans import PlannedSeat, SeatingPlan
from core.seating.seats import Available, Blocked, SeatState
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId
from ports.published.operations import OperationStoppedError
from ports.seating.plan_changes import RETIRED, PlanChanges


class MemoryPlanChanges(PlanChanges):
    """The changes of one open transaction."""

    def __init__(self, tenant: TenantSeating) -> None:
        self._tenant = tenant

    @override
    async def lead(self, operation_id: UUID, fence: int) -> bool:
        greatest, is_done = self._tenant.fences.get(operation_id, (fence, False))
        if fence < greatest:
            raise OperationStoppedError("another worker was here since")
        self._tenant.fences[operation_id] = fence, is_done
        return is_done

    @override
    async def done(self, operation_id: UUID) -> None:
        self._tenant.fences[operation_id] = self._tenant.fences[operation_id][0], True

    @override
    async def lock(self, plan_id: PlanId) -> tuple[SeatingPlan, Sequence[tuple[PlannedSeat, SeatState]]]:
        plan = self._tenant.plans.get(plan_id)
        if plan is None:
            raise PlanNotFoundError("There is no such seating plan.")
        return plan, [(seat, self._tenant.seats[seat.id]) for seat in self._tenant.layouts[plan_id].seats]

    @override
    async def rebuild(self, plan: SeatingPlan, redrawn: Redrawn, *, at: datetime) -> None:
        tenant = self._tenant
        stored = tenant.plans[plan.id]
        others = [each for each in tenant.plans.values() if each.ticket_id == plan.ticket_id and each.id != plan.id]
        if stored.version != plan.version - 1 or plan.version_number in {each.version_number for each in others}:
            raise StaleVersionError("The plan was changed meanwhile.")
        tenant.plans[plan.id] = plan
        tenant.layouts[plan.id] = redrawn.layout
        tenant.tiers[plan.id] = redrawn.pricing.tiers
        tenant.seats.update((seat_id, Available()) for seat_id in redrawn.added)
        gone = frozenset(seat.id for seat in redrawn.removed)
        tenant.seats.update((seat_id, Blocked(RETIRED)) for seat_id in gone)
        if plan.id in tenant.allotments:
            tenant.allotments[plan.id] = tenant.allotments[plan.id].without_seats(gone)
        names = {section.id: section.name for section in redrawn.layout.sections}
        moved = {each.after.id: each.after for each in redrawn.moved}
        for entry in list(tenant.entries.values()):
            if moved.keys() & (entry.seat_ids - entry.returned) and not entry.has_ended(at):
                seats = tuple(
                    replace(
                        line,
                        label=new.label,
                        section_id=new.section_id,
                        section=names[new.section_id],
                        row=new.row,
                        number=new.number,
                        column=new.column,
                    )
                    if (new := moved.get(line.seat_id)) is not None and line.seat_id not in entry.returned
                    else line
                    for line in entry.seats
                )
                tenant.entries[entry.id] = replace(entry, seats=seats)

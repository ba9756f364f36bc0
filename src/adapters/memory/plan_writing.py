"""Plans that operations write, in memory: the twin of the PostgreSQL store."""

from collections.abc import Sequence
from dataclasses import replace
from typing import override

from adapters.memory.seating_plans import TenantSeating
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, PlanStatus, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.seats import Available
from core.seating.writing import PlanNotAsWrittenError
from core.shared.ids import PlanId
from ports.seating.plan_writing import PlanWriting, Writer, Written

_NOTHING = Layout((), ())


class MemoryPlanWriting(PlanWriting):
    """The plans of one open transaction."""

    def __init__(self, tenant: TenantSeating) -> None:
        self._tenant = tenant

    @override
    async def begin(self, plan: SeatingPlan, *, fence: int) -> None:
        assert plan.written_by is not None, "a plan that is written bit by bit says by whom"
        if plan.id not in self._tenant.plans:
            self._tenant.plans[plan.id] = plan
            self._tenant.layouts[plan.id] = _NOTHING
            self._tenant.writers[plan.id] = fence
        await self.claim(plan.id, Writer(plan.written_by, fence))

    @override
    async def claim(self, plan_id: PlanId, writer: Writer) -> None:
        plan = self._tenant.plans.get(plan_id)
        if (
            plan is None
            or plan.written_by != writer.operation_id
            or self._tenant.writers.get(plan_id, writer.fence) > writer.fence
        ):
            raise PlanNotAsWrittenError("The plan is not there to be written by this worker any more.")
        self._tenant.writers[plan_id] = writer.fence

    @override
    async def reclaim(self, plan_id: PlanId, writer: Writer, *, seats_version: int) -> bool:
        plan = self._tenant.plans.get(plan_id)
        if plan is None:
            return False
        if plan.written_by is None:
            unchanged = plan.status is PlanStatus.DRAFT and plan.seats_version == seats_version
            if not unchanged or self._tenant.writers.get(plan_id, writer.fence) > writer.fence:
                return False
            self._tenant.plans[plan_id] = replace(plan, written_by=writer.operation_id, version=plan.version + 1)
            self._tenant.writers[plan_id] = writer.fence
        await self.claim(plan_id, writer)
        return True

    @override
    async def add_sections(self, plan_id: PlanId, sections: Sequence[Section]) -> None:
        layout = self._tenant.layouts[plan_id]
        known = {section.id for section in layout.sections}
        new = [section for section in sections if section.id not in known]
        every = sorted((*layout.sections, *new), key=lambda section: section.display_order)
        self._tenant.layouts[plan_id] = Layout(tuple(every), layout.seats)

    @override
    async def add_seats(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        layout = self._tenant.layouts[plan_id]
        new = [seat for seat in seats if seat.id not in self._tenant.seats]
        self._tenant.seats.update((seat.id, Available()) for seat in new)
        every = sorted((*layout.seats, *new), key=lambda seat: seat.id)
        self._tenant.layouts[plan_id] = Layout(layout.sections, tuple(every))

    @override
    async def add_tiers(self, plan_id: PlanId, tiers: Sequence[PriceTier]) -> None:
        stored = self._tenant.tiers.get(plan_id, ())
        known = {tier.id for tier in stored}
        self._tenant.tiers[plan_id] = (*stored, *(tier for tier in tiers if tier.id not in known))

    @override
    async def written(self, plan_id: PlanId) -> Written:
        layout = self._tenant.layouts.get(plan_id, _NOTHING)
        return Written(len(layout.sections), len(layout.seats), len(self._tenant.tiers.get(plan_id, ())))

    @override
    async def remove_seats(self, plan_id: PlanId, *, seats_max: int) -> int:
        layout = self._tenant.layouts[plan_id]
        for seat in layout.seats[:seats_max]:
            del self._tenant.seats[seat.id]
        self._tenant.layouts[plan_id] = Layout(layout.sections, layout.seats[seats_max:])
        return min(seats_max, len(layout.seats))

    @override
    async def remove(self, plan_id: PlanId) -> None:
        await self.remove_seats(plan_id, seats_max=len(self._tenant.layouts[plan_id].seats))
        for kept in (
            self._tenant.plans,
            self._tenant.layouts,
            self._tenant.tiers,
            self._tenant.allotments,
            self._tenant.writers,
        ):
            kept.pop(plan_id, None)

"""Seating plans in memory, and what the memory keeps of one tenant."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override
from uuid import UUID

from core.seating.allotments import Allotments
from core.seating.blocking import AuditLine, WantedSeat
from core.seating.errors import PlanNotFoundError, TicketHasActivePlanError
from core.seating.layout import Layout
from core.seating.plans import PlanStatus, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing
from core.seating.reservations import Reservation, ReservationSeat
from core.seating.seats import Available, SeatState
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, ReservationId, SeatId, TicketId
from ports.paging import Page, PageRequest
from ports.seating import (
    PlanStore,
)


@dataclass(slots=True)
class TenantSeating:
    """Everything of one tenant."""

    plans: dict[PlanId, SeatingPlan] = field(default_factory=dict[PlanId, SeatingPlan])
    layouts: dict[PlanId, Layout] = field(default_factory=dict[PlanId, Layout])
    tiers: dict[PlanId, tuple[PriceTier, ...]] = field(default_factory=dict[PlanId, tuple[PriceTier, ...]])
    seats: dict[SeatId, SeatState] = field(default_factory=dict[SeatId, SeatState])
    entries: dict[ReservationId, Reservation] = field(default_factory=dict[ReservationId, Reservation])
    audit: list[AuditLine] = field(default_factory=list[AuditLine])
    allotments: dict[PlanId, Allotments] = field(default_factory=dict[PlanId, Allotments])
    writers: dict[PlanId, int] = field(default_factory=dict[PlanId, int])
    """The greatest fence of those who wrote a plan that is being written."""
    fences: dict[UUID, tuple[int, bool]] = field(default_factory=dict[UUID, tuple[int, bool]])

    def copy(self) -> "TenantSeating":
        return TenantSeating(
            dict(self.plans),
            dict(self.layouts),
            dict(self.tiers),
            dict(self.seats),
            dict(self.entries),
            list(self.audit),
            dict(self.allotments),
            dict(self.writers),
            dict(self.fences),
        )

    def wanted(self, plan_id: PlanId, seat_ids: Collection[SeatId]) -> dict[SeatId, WantedSeat]:
        """Return those of the seats that the plan has, in the order of the hall."""
        layout = self.layouts.get(plan_id, Layout((), ()))
        sections = {section.id: section.name for section in layout.sections}
        asked = frozenset(seat_ids)
        return {
            seat.id: WantedSeat(
                ReservationSeat(
                    seat_id=seat.id,
                    section_id=seat.section_id,
                    label=seat.label,
                    section=sections[seat.section_id],
                    row=seat.row,
                    number=seat.number,
                    column=seat.column,
                    price_minor=seat.price_minor,
                ),
                self.seats[seat.id],
            )
            for seat in layout.seats
            if seat.id in asked
        }


class MemoryPlans(PlanStore):
    """The plans of one open transaction."""

    def __init__(self, tenant: TenantSeating) -> None:
        self._tenant = tenant

    @override
    async def add(self, plan: SeatingPlan, layout: Layout) -> None:
        self._tenant.plans[plan.id] = plan
        self._tenant.layouts[plan.id] = layout
        self._tenant.seats.update((seat.id, Available()) for seat in layout.seats)

    @override
    async def get(self, plan_id: PlanId) -> SeatingPlan:
        plan = self._tenant.plans.get(plan_id)
        if plan is None:
            raise PlanNotFoundError("There is no such seating plan.")
        return plan

    @override
    async def page(self, page: PageRequest, *, ticket_id: TicketId | None) -> Page[SeatingPlan]:
        after = page.after
        rest = [
            plan
            for plan in sorted(self._tenant.plans.values(), key=lambda plan: plan.id)
            if (ticket_id is None or plan.ticket_id == ticket_id) and (after is None or plan.id > after)
        ]
        shown = tuple(rest[: page.limit])
        return Page(shown, shown[-1].id if len(rest) > page.limit else None)

    @override
    async def layout(self, plan_id: PlanId) -> Layout:
        return self._tenant.layouts.get(plan_id, Layout((), ()))

    @override
    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        return (await self.layout(plan_id)).sections

    @override
    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        return self._tenant.tiers.get(plan_id, ())

    @override
    async def save(self, plan: SeatingPlan) -> None:
        stored = await self.get(plan.id)
        if stored.version != plan.version - 1:
            raise StaleVersionError("The plan was changed meanwhile.")
        plans = self._tenant.plans.values()
        others = [other for other in plans if other.ticket_id == plan.ticket_id and other.id != plan.id]
        if plan.version_number in {other.version_number for other in others} - {None}:
            raise StaleVersionError("Another plan of the ticket was published with this number.")
        if plan.status is PlanStatus.ACTIVE and any(other.status is PlanStatus.ACTIVE for other in others):
            raise TicketHasActivePlanError("Another active plan sells this ticket.")
        self._tenant.plans[plan.id] = plan

    @override
    async def next_version_number(self, ticket_id: TicketId) -> int:
        plans = [plan for plan in self._tenant.plans.values() if plan.ticket_id == ticket_id]
        return max((plan.version_number or 0 for plan in plans), default=0) + 1

    @override
    async def replace_layout(self, plan: SeatingPlan, layout: Layout) -> None:
        stored = await self.get(plan.id)
        if stored.version != plan.version - 1 or stored.status is not PlanStatus.DRAFT:
            raise StaleVersionError("The plan was changed meanwhile.")
        for seat in self._tenant.layouts[plan.id].seats:
            del self._tenant.seats[seat.id]
        self._tenant.tiers.pop(plan.id, None)
        self._tenant.allotments.pop(plan.id, None)
        await self.add(plan, layout)

    @override
    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        self._tenant.tiers[plan_id] = pricing.tiers
        self._tenant.layouts[plan_id] = pricing.layout

    @override
    async def allotments(self, plan_id: PlanId) -> Allotments:
        return self._tenant.allotments.get(plan_id, Allotments())

    @override
    async def save_allotments(self, plan_id: PlanId, allotments: Allotments) -> None:
        self._tenant.allotments[plan_id] = Allotments(tuple(sorted(allotments.each, key=lambda each: each.id)))

    @override
    async def set_hold_ttl_s(self, hold_ttl_s: int, *, at: datetime) -> None:
        for plan in self._tenant.plans.values():
            if plan.hold_ttl_s != hold_ttl_s:
                changed = replace(plan, hold_ttl_s=hold_ttl_s, version=plan.version + 1, updated_at=at)
                self._tenant.plans[plan.id] = changed

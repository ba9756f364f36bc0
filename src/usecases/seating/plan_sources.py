"""Where the seats of a new layout come from, and the layout that is made of it."""

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

from core.seating.arena import Arena, lay_out_arena
from core.seating.checks import size_warnings
from core.seating.drawn import DrawnPlan
from core.seating.errors import InvalidPlanError, PlanNotFoundError
from core.seating.grid import GaSection, GridSection, lay_out_grid
from core.seating.layout import SEATS_MAX, LayoutDraft, without_ids
from core.seating.places import Point
from core.seating.plan_import import read_plan
from core.seating.reports import Report
from core.seating.writing import PlanTooLargeError
from core.shared.errors import Problem
from core.shared.ids import PlanId, TenantId, TicketId, VenueId
from ports.published.refusals import RefusedError
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions
from usecases.seating.steady_layout import steady_layout

GA_TICKETS_MAX = 50


@dataclass(frozen=True, slots=True)
class FromDocument:
    """The seats stand in a document of the seating-plan format, already decoded from JSON; faults point from there."""

    document: object
    pointer: str = "/source/plan"


@dataclass(frozen=True, slots=True)
class FromGrid:
    """The seats are rows and columns."""

    sections: tuple[GridSection | GaSection, ...]


@dataclass(frozen=True, slots=True)
class FromArena:
    """The seats are an arena's."""

    arena: Arena


@dataclass(frozen=True, slots=True)
class FromVenueSections:
    """The seats are those of the venue's own layout sections."""


@dataclass(frozen=True, slots=True)
class FromPlan:
    """The seats are those of another plan of the tenant, whatever its status. Prices are not taken along."""

    plan_id: PlanId


type PlanSource = FromDocument | FromGrid | FromArena | FromVenueSections | FromPlan


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """How many seats one request may write; what has more is for the operation `plan-import`."""

    seats_max: int = SEATS_MAX

    def check(self, draft: LayoutDraft) -> None:
        """Raise PlanTooLargeError for a layout with more seats."""
        if draft.seats_count > self.seats_max:
            raise PlanTooLargeError(
                f"One request makes a plan of at most {self.seats_max} seats, and this one has {draft.seats_count}. "
                "Start the operation plan-import at the venue instead."
            )


@dataclass(frozen=True, slots=True)
class Limits:
    """What the ticket, the venue and the plan say of how many there may be."""

    quota: int
    venue_capacity: int
    seats_max_per_order: int


@dataclass(frozen=True, slots=True)
class PlanSources:
    """Reads sources for one venue of a tenant; open to use cases of managers."""

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi

    async def layout_of(
        self, source: PlanSource, *, focus: Point | None, limits: Limits, tenant_id: TenantId, venue_id: VenueId
    ) -> tuple[LayoutDraft, DrawnPlan]:
        """Return the layout, and what a plan says of it; `focus` goes before the source's own.

        Raises InvalidPlanError that names each fault of the source.
        """
        draft, warnings = await self.draft_of(source, focus=focus, tenant_id=tenant_id, venue_id=venue_id)
        await self._check_tickets(draft, tenant_id=tenant_id, venue_id=venue_id)
        warnings += size_warnings(
            draft,
            quota=limits.quota,
            venue_capacity=limits.venue_capacity,
            seats_max_per_order=limits.seats_max_per_order,
        )
        drawn = DrawnPlan(
            sections_count=len(draft.sections),
            seats_count=draft.seats_count,
            ga_capacity=draft.ga_capacity,
            categories=draft.categories,
            layout=draft.drawing,
            focus=draft.focus,
            warnings=Report.of([], warnings).warnings,
        )
        return draft, drawn

    async def draft_of(
        self, source: PlanSource, *, focus: Point | None, tenant_id: TenantId, venue_id: VenueId
    ) -> tuple[LayoutDraft, list[Problem]]:
        """Return the layout alone, with what looked odd on the way; raises InvalidPlanError."""
        draft, warnings = await self._read(source, tenant_id=tenant_id, venue_id=venue_id)
        return (draft if focus is None else replace(draft, focus=focus)), warnings

    async def _read(
        self, source: PlanSource, *, tenant_id: TenantId, venue_id: VenueId
    ) -> tuple[LayoutDraft, list[Problem]]:
        # In threads, since 150,000 seats take seconds, in which others want their answers.
        match source:
            case FromDocument(document, pointer):
                imported = await asyncio.to_thread(read_plan, document, pointer=pointer)
                return imported.draft, list(imported.report.warnings)
            case FromGrid(sections):
                return await asyncio.to_thread(lay_out_grid, sections), []
            case FromArena(arena):
                return await asyncio.to_thread(lay_out_arena, arena), []
            case FromVenueSections():
                return await self._from_venue(venue_id, tenant_id)
            case FromPlan(plan_id):
                return await self._from_plan(plan_id, tenant_id), []

    async def _from_venue(self, venue_id: UUID, tenant_id: TenantId) -> tuple[LayoutDraft, list[Problem]]:
        warnings: list[Problem] = []
        sections: list[GridSection | GaSection] = []
        for section in await self.venues.sections(tenant_id=tenant_id, venue_id=venue_id):
            if section.kind == "seated":
                sections.append(GridSection(section.name, section.row_count, section.column_count))
            elif section.capacity is not None:
                sections.append(GaSection(section.name, section.capacity))
            else:
                text = f"Section {section.name!r} is for general admission, has no capacity, and was left out."
                warnings.append(Problem("/source", text))
        return await asyncio.to_thread(lay_out_grid, sections, pointer="/source"), warnings

    async def _from_plan(self, plan_id: PlanId, tenant_id: TenantId) -> LayoutDraft:
        try:
            plan, layout = await steady_layout(self.transactions, plan_id, tenant_id)
        except PlanNotFoundError as error:
            problem = Problem("/source/planId", "There is no such seating plan.")
            raise InvalidPlanError(problem.message, [problem]) from error
        return await asyncio.to_thread(
            without_ids, layout, categories=plan.categories, drawing=plan.layout, focus=plan.focus
        )

    async def _check_tickets(self, draft: LayoutDraft, *, tenant_id: TenantId, venue_id: VenueId) -> None:
        """Raise InvalidPlanError unless the sections for general admission are sold by tickets that can sell them."""
        places: dict[TicketId, int] = {}
        for at, section in enumerate(draft.sections):
            if section.ticket_id is not None:
                places.setdefault(section.ticket_id, at)
        if len(places) > GA_TICKETS_MAX:
            problem = Problem("/sections", f"A plan has at most {GA_TICKETS_MAX} tickets for general admission.")
            raise InvalidPlanError(problem.message, [problem])
        problems: list[Problem] = []
        for ticket_id, at in places.items():
            fault = await self._fault_of(ticket_id, tenant_id=tenant_id, venue_id=venue_id)
            if fault is not None:
                problems.append(Problem(f"/sections/{at}/ticketId", f"Section {draft.sections[at].name!r}: {fault}"))
        if problems:
            raise InvalidPlanError(problems[0].message, problems)

    async def _fault_of(self, ticket_id: TicketId, *, tenant_id: TenantId, venue_id: VenueId) -> str | None:
        try:
            ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        except RefusedError as error:
            return error.message
        if ticket.ticket_type != "GA":
            return "Its ticket is not for general admission."
        if ticket.event.venue_id != venue_id:
            return "Its ticket's event takes place in another venue."
        return None

"""Make the seating plan of a ticket."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from core.seating.errors import TicketNotSeatedError, VenueMismatchError
from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import LayoutDraft, with_ids
from core.seating.plan_import import read_plan
from core.seating.plans import AssignmentMode, OrphanRule, PlanStatus, PricingMode, SeatingPlan
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import Problem
from core.shared.ids import PlanId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.ticketing import TicketingApi, TicketOnSale
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions


@dataclass(frozen=True, slots=True)
class FromDocument:
    """The seats stand in a document of the seating-plan format, already decoded from JSON."""

    document: object


@dataclass(frozen=True, slots=True)
class FromGrid:
    """The seats are rows and columns."""

    sections: tuple[GridSection, ...]


@dataclass(frozen=True, slots=True)
class FromVenueSections:
    """The seats are those of the venue's own layout sections."""


type PlanSource = FromDocument | FromGrid | FromVenueSections


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What a manager says of a new plan.

    Without a mode of assignment the ticket's type decides; without a limit or an orphan rule the venue's settings do.
    """

    ticket_id: TicketId
    venue_id: VenueId
    name: str
    assignment_mode: AssignmentMode | None
    pricing_mode: PricingMode
    orphan_rule: OrphanRule | None
    seats_max_per_order: int | None
    source: PlanSource


@dataclass(frozen=True, slots=True)
class CreatePlan:
    """Open to managers. The plan is a draft; price and `max_per_user` are the ticket's as they are now."""

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi
    clock: Clock
    ids: IdSource

    async def __call__(self, facts: PlanFacts, *, caller: Caller) -> SeatingPlan:
        """Return the new plan.

        Raises ForbiddenError, RefusedError for a ticket or venue that is not there, TicketNotSeatedError,
        VenueMismatchError, and InvalidPlanError that names each fault of the source; nothing is stored then.
        """
        caller.must_be_one_of(MANAGERS)
        ticket = await self._ticket(facts, caller.tenant_id)
        venue = await self.venues.venue(tenant_id=caller.tenant_id, venue_id=facts.venue_id)
        hold_ttl_s = await self.venues.hold_ttl_s(tenant_id=caller.tenant_id)
        draft, warnings = await self._draft(facts, caller.tenant_id)
        layout = with_ids(draft, new_id=self.ids.new, price_minor=ticket.price_minor)
        if draft.seats_count != ticket.quota:
            text = f"The plan has {draft.seats_count} seats, and the ticket's quota is {ticket.quota}."
            warnings.append(Problem("/seats", text))
        if draft.seats_count > venue.capacity:
            text = f"The plan has {draft.seats_count} seats, and the venue admits {venue.capacity} people."
            warnings.append(Problem("/seats", text))
        auto = ticket.ticket_type == "SEATED_AUTO"
        now = self.clock.now()
        plan = SeatingPlan(
            id=PlanId(self.ids.new()),
            venue_id=facts.venue_id,
            ticket_id=facts.ticket_id,
            name=facts.name,
            status=PlanStatus.DRAFT,
            assignment_mode=facts.assignment_mode or (AssignmentMode.AUTO if auto else AssignmentMode.MANUAL),
            pricing_mode=facts.pricing_mode,
            orphan_rule=facts.orphan_rule or OrphanRule(venue.orphan_rule),
            seats_max_per_order=facts.seats_max_per_order or venue.max_seats_per_order,
            max_per_user=ticket.max_per_user,
            ticket_price=Money(ticket.price_minor, ticket.currency),
            hold_ttl_s=hold_ttl_s,
            sections_count=len(layout.sections),
            seats_count=len(layout.seats),
            seats_without_tier=len(layout.seats),
            categories=draft.categories,
            layout=draft.drawing,
            warnings=tuple(warnings),
            version=1,
            created_at=now,
            updated_at=now,
        )
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.plans.add(plan, layout)
        return plan

    async def _ticket(self, facts: PlanFacts, tenant_id: TenantId) -> TicketOnSale:
        ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=facts.ticket_id)
        if ticket.ticket_type == "GA":
            raise TicketNotSeatedError("The ticket is for general admission, so it has no seats.")
        if ticket.event.venue_id != facts.venue_id:
            raise VenueMismatchError("The ticket's event takes place in another venue.")
        return ticket

    async def _draft(self, facts: PlanFacts, tenant_id: TenantId) -> tuple[LayoutDraft, list[Problem]]:
        match facts.source:
            case FromDocument(document):
                # In a thread, since 150,000 seats take about a second, in which others want their answers.
                imported = await asyncio.to_thread(read_plan, document)
                return imported.draft, list(imported.report.warnings)
            case FromGrid(sections):
                return lay_out_grid(sections), []
            case FromVenueSections():
                return await self._from_venue(facts.venue_id, tenant_id)

    async def _from_venue(self, venue_id: UUID, tenant_id: TenantId) -> tuple[LayoutDraft, list[Problem]]:
        sections = await self.venues.sections(tenant_id=tenant_id, venue_id=venue_id)
        warnings = [
            Problem("/source", f"Section {section.name!r} is for general admission and has no seats.")
            for section in sections
            if section.kind != "seated"
        ]
        seated = [
            GridSection(section.name, section.row_count, section.column_count)
            for section in sections
            if section.kind == "seated"
        ]
        return lay_out_grid(seated, pointer="/source"), warnings

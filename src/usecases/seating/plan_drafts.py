"""A new plan before it is stored: what a manager, the ticket, the venue and the source say of it."""

from dataclasses import dataclass
from datetime import datetime

from core.seating.errors import TicketNotSeatedError, VenueMismatchError
from core.seating.layout import LayoutDraft
from core.seating.places import Point
from core.seating.plans import AssignmentMode, OrphanRule, PlanStatus, PricingMode, SeatingPlan
from core.shared.ids import PlanId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.published.ticketing import TicketingApi, TicketOnSale
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions
from usecases.seating.plan_sources import Limits, PlanSource, PlanSources


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What a manager says of a new plan.

    Without a mode of assignment the ticket's type decides; without a limit or an orphan rule the venue's settings do;
    without a focus the source does.
    """

    ticket_id: TicketId
    venue_id: VenueId
    name: str
    assignment_mode: AssignmentMode | None
    pricing_mode: PricingMode
    orphan_rule: OrphanRule | None
    seats_max_per_order: int | None
    source: PlanSource
    focus: Point | None = None


@dataclass(frozen=True, slots=True)
class PlanDrafts:
    """Drafts plans of a tenant; open to use cases of managers."""

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi

    async def drafted(
        self, facts: PlanFacts, *, tenant_id: TenantId, plan_id: PlanId, now: datetime
    ) -> tuple[SeatingPlan, LayoutDraft]:
        """Return the plan, a draft with the ticket's price and `max_per_user` as they are now, and its layout.

        Raises RefusedError for a ticket or venue that is not there, TicketNotSeatedError, VenueMismatchError, and
        InvalidPlanError that names each fault of the source.
        """
        ticket = await self._ticket(facts, tenant_id)
        venue = await self.venues.venue(tenant_id=tenant_id, venue_id=facts.venue_id)
        hold_ttl_s = await self.venues.hold_ttl_s(tenant_id=tenant_id)
        seats_max_per_order = facts.seats_max_per_order or venue.max_seats_per_order
        draft, drawn = await PlanSources(self.transactions, self.ticketing, self.venues).layout_of(
            facts.source,
            focus=facts.focus,
            limits=Limits(ticket.quota, venue.capacity, seats_max_per_order),
            tenant_id=tenant_id,
            venue_id=facts.venue_id,
        )
        auto = ticket.ticket_type == "SEATED_AUTO"
        plan = SeatingPlan(
            id=plan_id,
            venue_id=facts.venue_id,
            ticket_id=facts.ticket_id,
            name=facts.name,
            status=PlanStatus.DRAFT,
            assignment_mode=facts.assignment_mode or (AssignmentMode.AUTO if auto else AssignmentMode.MANUAL),
            pricing_mode=facts.pricing_mode,
            orphan_rule=facts.orphan_rule or OrphanRule(venue.orphan_rule),
            seats_max_per_order=seats_max_per_order,
            max_per_user=ticket.max_per_user,
            ticket_price=Money(ticket.price_minor, ticket.currency),
            hold_ttl_s=hold_ttl_s,
            sections_count=drawn.sections_count,
            seats_count=drawn.seats_count,
            seats_without_tier=drawn.seats_count,
            ga_capacity=drawn.ga_capacity,
            categories=drawn.categories,
            layout=drawn.layout,
            focus=drawn.focus,
            warnings=drawn.warnings,
            version=1,
            created_at=now,
            updated_at=now,
        )
        return plan, draft

    async def _ticket(self, facts: PlanFacts, tenant_id: TenantId) -> TicketOnSale:
        ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=facts.ticket_id)
        if ticket.ticket_type == "GA":
            raise TicketNotSeatedError("The ticket is for general admission, so it has no seats.")
        if ticket.event.venue_id != facts.venue_id:
            raise VenueMismatchError("The ticket's event takes place in another venue.")
        return ticket

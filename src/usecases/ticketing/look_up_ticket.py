"""Tell another context about a ticket."""

from dataclasses import dataclass

from core.shared.ids import TenantId, TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket
from ports.ticketing import TicketStore
from usecases.ticketing.paid_sales import PaidSales


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket, and whether what costs something is sold at its venue now."""

    ticket: Ticket
    sells_paid: bool


@dataclass(frozen=True, slots=True)
class LookUpTicket:
    """For the other contexts of the tenant, which see drafts too. Raises TicketNotFoundError."""

    tickets: TicketStore
    paid: PaidSales

    async def __call__(self, tenant_id: TenantId, ticket_id: TicketId) -> KnownTicket:
        ticket = await self.tickets.get(tenant_id, ticket_id)
        if ticket is None:
            raise TicketNotFoundError
        # Asked for free tickets too: their seats may cost something by the plan's price tiers.
        obstacle = await self.paid.obstacle(tenant_id, ticket.event.venue_id)
        return KnownTicket(ticket, sells_paid=obstacle is None)

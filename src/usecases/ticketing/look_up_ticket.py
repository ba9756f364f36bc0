"""Tell another context about a ticket."""

from dataclasses import dataclass

from core.shared.ids import TenantId, TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket
from ports.ticketing import TicketStore


@dataclass(frozen=True, slots=True)
class LookUpTicket:
    """For the other contexts of the tenant, which see drafts too. Raises TicketNotFoundError."""

    tickets: TicketStore

    async def __call__(self, tenant_id: TenantId, ticket_id: TicketId) -> Ticket:
        ticket = await self.tickets.get(tenant_id, ticket_id)
        if ticket is None:
            raise TicketNotFoundError
        return ticket

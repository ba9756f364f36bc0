"""Look at one ticket."""

from dataclasses import dataclass

from core.shared.callers import STAFF, Caller
from core.shared.ids import TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket
from ports.ticketing import TicketStore


@dataclass(frozen=True, slots=True)
class ReadTicket:
    """Open to everyone in the tenant; a draft is there for its staff only. Raises TicketNotFoundError."""

    tickets: TicketStore

    async def __call__(self, caller: Caller, ticket_id: TicketId) -> Ticket:
        ticket = await self.tickets.get(caller.tenant_id, ticket_id)
        if ticket is None or not (ticket.is_public or caller.role in STAFF):
            raise TicketNotFoundError
        return ticket

"""Look through the catalogue."""

from dataclasses import dataclass

from core.shared.callers import STAFF, Caller
from core.ticketing.ticket import Ticket
from ports.paging import Page, PageRequest
from ports.ticketing import TicketStore


@dataclass(frozen=True, slots=True)
class ListTickets:
    """Open to everyone in the tenant, in the order the tickets were made in; drafts are listed for its staff only."""

    tickets: TicketStore

    async def __call__(self, caller: Caller, request: PageRequest) -> Page[Ticket]:
        return await self.tickets.page(caller.tenant_id, request, published_only=caller.role not in STAFF)

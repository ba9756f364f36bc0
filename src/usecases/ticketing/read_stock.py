"""Look at how many places of a ticket are left."""

from dataclasses import dataclass

from core.shared.ids import TenantId
from core.ticketing.places import Stock
from core.ticketing.ticket import Ticket, TicketType
from ports.ticketing import PlacesLedger


@dataclass(frozen=True, slots=True)
class ReadStock:
    """For whoever was shown the ticket. Holds that have just ended may still count, until they are tidied up."""

    places: PlacesLedger

    async def __call__(self, tenant_id: TenantId, ticket: Ticket) -> Stock | None:
        """Return the stock; None for a ticket to seats, of which the seating plan tells."""
        return await self.places.stock(tenant_id, ticket.id) if ticket.ticket_type is TicketType.GA else None

"""Count the places of a ticket anew."""

from dataclasses import dataclass

from core.shared.ids import TenantId, TicketId
from core.ticketing.errors import PlacesMiscountedError
from ports.ticketing import PlacesUpkeep


@dataclass(frozen=True, slots=True)
class CountPlaces:
    """For operators, when a ticket's numbers are not what its entries add up to. Nothing is sold or given back."""

    upkeep: PlacesUpkeep

    async def __call__(self, tenant_id: TenantId, ticket_id: TicketId) -> None:
        """Set the numbers to what the entries say; raises TicketNotFoundError and PlacesMiscountedError."""
        if not await self.upkeep.recount(tenant_id, ticket_id):
            raise PlacesMiscountedError

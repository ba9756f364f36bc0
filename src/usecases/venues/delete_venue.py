"""Take a venue out of use."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.ids import VenueId
from ports.clock import Clock
from ports.published.venues import VenueDeleted
from ports.venues import RememberedVenues, VenueTransactions


@dataclass(frozen=True, slots=True)
class DeleteVenue:
    """Open to managers; a soft deletion: tickets that name the venue keep their facts."""

    transactions: VenueTransactions
    remembered: RememberedVenues
    clock: Clock

    async def __call__(self, venue_id: VenueId, *, caller: Caller) -> None:
        """Hide the venue; raises VenueNotFoundError (also when it was deleted before), ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.venues.delete(venue_id, at=now)
            await tx.outbox.add(VenueDeleted(venue_id=venue_id), subject=venue_id, at=now)
        await self.remembered.forget(caller.tenant_id, venue_id)

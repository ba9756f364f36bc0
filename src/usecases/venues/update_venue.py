"""Change a venue's facts."""

from collections.abc import Callable
from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.ids import VenueId
from core.venues.venue import Venue, VenueFacts
from ports.clock import Clock
from ports.published.venues import VenueUpdated
from ports.venues import RememberedVenues, VenueTransactions


@dataclass(frozen=True, slots=True)
class UpdateVenue:
    """Open to managers who have read the version that they change."""

    transactions: VenueTransactions
    remembered: RememberedVenues
    clock: Clock

    async def __call__(
        self, venue_id: VenueId, change: Callable[[VenueFacts], VenueFacts], *, expected_version: int, caller: Caller
    ) -> Venue:
        """Return the changed venue; raises VenueNotFoundError, StaleVersionError, ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            venue = await tx.venues.get(venue_id)
            changed = venue.changed(change(venue.facts), expected_version=expected_version, now=now)
            await tx.venues.save(changed)
            await tx.outbox.add(VenueUpdated(venue_id=venue_id, version=changed.version), subject=venue_id, at=now)
        await self.remembered.forget(caller.tenant_id, venue_id)
        return changed

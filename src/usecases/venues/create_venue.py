"""Create a venue."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.ids import VenueId
from core.venues.errors import SlugTakenError
from core.venues.settings import VenueSettings
from core.venues.venue import Venue, VenueFacts, free_slug
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.venues import VenueCreated
from ports.venues import VenueTransactions

_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class CreateVenue:
    """Open to managers; the venue, its default settings and `venue.created` are stored together or not at all."""

    transactions: VenueTransactions
    clock: Clock
    ids: IdSource

    async def __call__(self, facts: VenueFacts, *, caller: Caller) -> Venue:
        """Return the new venue; raises ForbiddenError."""
        caller.must_be_one_of(MANAGERS)
        for _ in range(_TRIES_MAX - 1):
            try:
                return await self._try(facts, caller)
            except SlugTakenError:  # somebody took the slug between our look and our row; look again
                continue
        return await self._try(facts, caller)

    async def _try(self, facts: VenueFacts, caller: Caller) -> Venue:
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            slug = free_slug(facts.name, taken=await tx.venues.slugs_like(free_slug(facts.name, taken=())))
            venue = Venue.opened(id=VenueId(self.ids.new()), slug=slug, facts=facts, now=now)
            await tx.venues.add(venue)
            await tx.settings.add_for_venue(venue.id, VenueSettings(), at=now)
            await tx.outbox.add(
                VenueCreated(
                    venue_id=venue.id,
                    name=facts.name,
                    slug=slug,
                    capacity=facts.capacity,
                    time_zone=facts.time_zone,
                ),
                subject=venue.id,
                at=now,
            )
        return venue

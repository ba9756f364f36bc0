"""The ratings of venues: read, kept up to date, and made anew."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from core.reviews.ratings import VenueRatings
from core.shared.callers import Caller
from core.shared.ids import VenueId
from ports.clock import Clock
from ports.published.venues import VenuesApi
from ports.reviews import RatingsStore, VenueInTenant
from ports.stores import StoreUnavailableError
from usecases.reviews.venues import must_be_a_venue

_VENUES_MAX = 100
_TRIES_MAX = 10
_RUN_MAX = timedelta(seconds=30)  # and the count that was begun by then, which together is less than a run may take


@dataclass(frozen=True, slots=True)
class ReadRatings:
    """Open to everyone in the tenant: how a venue and its sections are rated by all that is published.

    The newest changes are counted within some seconds, where there is very much to count within some minutes.
    Raises ReviewVenueNotFoundError.
    """

    ratings: RatingsStore
    venues: VenuesApi
    clock: Clock

    async def __call__(self, caller: Caller, venue_id: VenueId) -> VenueRatings:
        kept = await self.ratings.get(caller.tenant_id, venue_id)
        if kept is not None:
            return kept
        await must_be_a_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        return VenueRatings(venue_id=venue_id, sections={}, counted_at=self.clock.now())


@dataclass(frozen=True, slots=True)
class RefreshRatings:
    """Background work: counts the ratings anew of venues where a review changed them.

    A venue rests between two counts, the longer the more there is to count; its changes stay due meanwhile.
    """

    ratings: RatingsStore
    clock: Clock

    async def __call__(self) -> int:
        """Return how many venues were counted; one that somebody else keeps meanwhile is left for the next time.

        Raises StoreUnavailableError where a venue could not be counted, but first counts the others.
        """
        kept, failed = 0, list[StoreUnavailableError]()
        started = self.clock.now()
        for venue in await self.ratings.due(now=started, venues_max=_VENUES_MAX):
            began = self.clock.now()
            if began - started > _RUN_MAX:
                break
            if not await self.ratings.begin(venue.tenant_id, venue.venue_id, now=began):
                continue
            try:
                kept += await self.ratings.refresh(venue.tenant_id, venue.venue_id, now=began)
            except StoreUnavailableError as error:
                failed.append(error)
            await self.ratings.ended(venue.tenant_id, venue.venue_id, began=began, now=self.clock.now())
        if failed:
            raise failed[0]
        return kept


type Rebuilt = tuple[VenueInTenant, VenueRatings | None]


@dataclass(frozen=True, slots=True)
class RebuildRatings:
    """For whoever runs Fairseat: counts the ratings of every venue of every organisation anew, or of one venue.

    It waits for no rest; the venue rests afterwards as after any count.
    """

    ratings: RatingsStore
    clock: Clock

    async def __call__(
        self, venue_id: VenueId | None = None
    ) -> AsyncIterator[tuple[VenueInTenant, VenueRatings | None]]:
        """Yield each venue with the ratings that are kept now; None where workers were always faster."""
        for venue in await self.ratings.venues(venue_id=venue_id):
            for _ in range(_TRIES_MAX):
                began = self.clock.now()
                kept = await self.ratings.refresh(venue.tenant_id, venue.venue_id, now=began)
                await self.ratings.ended(venue.tenant_id, venue.venue_id, began=began, now=self.clock.now())
                if kept:
                    yield venue, await self.ratings.get(venue.tenant_id, venue.venue_id)
                    break
            else:
                yield venue, None

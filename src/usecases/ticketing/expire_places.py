"""Tidy up holds and reservations of places whose time has come, and what dead callers have left half done."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.ticketing import PlacesLedger, PlacesUpkeep

_BATCH_MAX = 200
_INTERRUPTED_AFTER_S = 30.0
"""Longer than a caller at work needs between two steps; one that takes longer loses nothing but time."""


@dataclass(frozen=True, slots=True)
class ExpirePlaces:
    """Runs in the background. Nobody waits for it: an ended hold is over by its time alone.

    Places are written without an outbox, so ticketing asks for no timers: this sweep is what finds the ended ones,
    beside the buyers who find a ticket sold out.
    """

    upkeep: PlacesUpkeep
    places: PlacesLedger
    clock: Clock

    async def __call__(self) -> int:
        """Return how many entries were tidied up and changes finished."""
        now = self.clock.now()
        begun_before = now - timedelta(seconds=_INTERRUPTED_AFTER_S)
        done = await self.upkeep.finish_interrupted(begun_before=begun_before, changes_max=_BATCH_MAX)
        for each in await self.upkeep.due(now=now, reservations_max=_BATCH_MAX):
            done += await self.places.expire(each.tenant_id, each.ticket_id, now=now, reservations_max=_BATCH_MAX)
        return done

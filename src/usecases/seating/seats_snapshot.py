"""The seat map as it is now."""

import logging
from dataclasses import dataclass

from core.seating.plans import PlannedSeat, PriceTier, SeatingPlan, Section
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold, state_at
from core.shared.callers import Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.seat_map import MapEventId, SeatMapFeed, SeatMapUnavailableError
from ports.seating import SeatingTransactions

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeatOnMap:
    """A seat and the word for its state."""

    seat: PlannedSeat
    status: str


@dataclass(frozen=True, slots=True)
class SeatMap:
    """A plan with all its seats at one moment."""

    plan: SeatingPlan
    sections: tuple[Section, ...]
    tiers: tuple[PriceTier, ...]
    seats: tuple[SeatOnMap, ...]
    event_id: MapEventId | None = None
    """From where the live map goes on; None while its stream cannot be reached."""


@dataclass(frozen=True, slots=True)
class SeatsSnapshot:
    """Open to any caller of the tenant. It may be old by the time it is read: only a hold decides."""

    transactions: SeatingTransactions
    feed: SeatMapFeed
    clock: Clock

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> SeatMap:
        """Return the map, seats in the order of the hall; ended holds show as available. Raises PlanNotFoundError."""
        # Before the map is read: a change between the two is told twice, not lost.
        event_id = await self._last_event_id(plan_id, caller)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            sections = await tx.plans.sections(plan_id)
            tiers = await tx.plans.tiers(plan_id)
            states = await tx.seats.seat_map(plan_id)
        now = self.clock.now()
        seats = tuple(SeatOnMap(seat, word_for(state_at(state, now))) for seat, state in states)
        return SeatMap(plan, sections, tiers, seats, event_id)

    async def _last_event_id(self, plan_id: PlanId, caller: Caller) -> MapEventId | None:
        try:
            return await self.feed.last_id(caller.tenant_id, plan_id)
        except SeatMapUnavailableError as error:
            _log.warning("a seat map without an event id: %s", error)
            return None


def word_for(state: SeatState) -> str:
    """Return the word that clients see for a state."""
    match state:
        case Available():
            return "AVAILABLE"
        case Held():
            return "HELD"
        case Reserved():
            return "RESERVED"
        case Sold():
            return "SOLD"
        case Blocked():
            return "BLOCKED"

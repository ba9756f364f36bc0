"""The seat map as it is now."""

from dataclasses import dataclass

from core.seating.plans import PlannedSeat, PriceTier, SeatingPlan, Section
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold, state_at
from core.shared.callers import Caller
from core.shared.ids import PlanId
from ports.clock import Clock
from ports.seating import SeatingTransactions


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


@dataclass(frozen=True, slots=True)
class SeatsSnapshot:
    """Open to any caller of the tenant. It may be old by the time it is read: only a hold decides."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, *, caller: Caller) -> SeatMap:
        """Return the map, seats in the order of the hall; ended holds show as available. Raises PlanNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            sections = await tx.plans.sections(plan_id)
            tiers = await tx.plans.tiers(plan_id)
            states = await tx.seats.seat_map(plan_id)
        now = self.clock.now()
        seats = tuple(SeatOnMap(seat, word_for(state_at(state, now))) for seat, state in states)
        return SeatMap(plan, sections, tiers, seats)


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

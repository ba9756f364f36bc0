"""A look at a plan before somebody chooses from it. It may be old at once: only a hold decides."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from core.seating.errors import ReservationNotFoundError
from core.seating.hall import Hall
from core.seating.plans import SeatingPlan
from core.seating.reservations import Reservation
from core.seating.seats import Available, state_at
from core.shared.callers import Caller
from core.shared.ids import PlanId, ReservationId, SeatId
from ports.seating import SeatingTransaction, SeatingTransactions


@dataclass(frozen=True, slots=True)
class Look:
    """The plan at one moment; `known` is the reservation of the caller's id, if there is one already."""

    plan: SeatingPlan
    hall: Hall
    free: Set[SeatId]
    known: Reservation | None


async def look_around(
    transactions: SeatingTransactions, plan_id: PlanId, reservation_id: ReservationId, *, caller: Caller, now: datetime
) -> Look:
    """Look at all seats of a plan; raises PlanNotFoundError."""
    async with transactions.begin(caller.tenant_id) as tx:
        plan = await tx.plans.get(plan_id)
        sections = await tx.plans.sections(plan_id)
        states = await tx.seats.seat_map(plan_id)
        known = await _known(tx, reservation_id)
    # In a thread, since a large plan takes long enough for others to notice.
    hall = await asyncio.to_thread(Hall.of, sections, [seat for seat, _ in states])
    free = frozenset(seat.id for seat, state in states if isinstance(state_at(state, now), Available))
    return Look(plan, hall, free, known)


async def _known(tx: SeatingTransaction, reservation_id: ReservationId) -> Reservation | None:
    try:
        return await tx.seats.get(reservation_id)
    except ReservationNotFoundError:
        return None

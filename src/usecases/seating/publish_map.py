"""Tell those who watch a seat map what has changed."""

import logging
from dataclasses import dataclass

from core.seating.ledger import Picture
from core.seating.plans import PlanStatus
from core.seating.seats import state_at
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.seating import (
    HoldReleased,
    HoldsExpired,
    PlanChanged,
    PlanDeactivated,
    ReservationMade,
    SeatsBlocked,
    SeatsHeld,
    SeatsReturned,
    SeatsSold,
    SeatsUnblocked,
)
from ports.seat_map import MapChange, PlanClosed, SeatMapFeed, SeatMapUnavailableError, SeatsChanged
from ports.seating import SeatingTransaction, SeatingTransactions
from usecases.seating.seats_snapshot import word_for

_log = logging.getLogger(__name__)

type SeatNews = SeatsHeld | HoldsExpired | HoldReleased | ReservationMade | SeatsSold | SeatsReturned
type BlockNews = SeatsBlocked | SeatsUnblocked
type PlanNews = PlanDeactivated | PlanChanged


@dataclass(frozen=True, slots=True)
class PublishMap:
    """Consumer of everything that changes how a seat is shown. Repeating it says the truth again, so it has no inbox.

    A plan with another layout has seats of which a watcher knows nothing: everybody is told to read the map again.

    An event only says that something changed; how the seats stand is read from the ledger. So an event that comes
    late, or twice, or out of turn never shows a seat as it was. Two that are taken at the same instant for one seat
    may still cross on their way to the stream, and the seat's next change or a new snapshot puts that right.

    A hold is over by its time alone, and nobody says so at that moment: the map goes on showing the seat as held until
    the timer or the sweep finds it, up to 5 s later. Whoever asks to hold it meanwhile gets it.

    When the stream cannot be reached this succeeds all the same: the stream marks the gap when it is back, and a relay
    must not be held up, nor an event be given up, for a picture. Only a changed plan is tried again: on one whose seats
    are sold nothing else may happen for hours, and nothing else tells of its new ones.
    """

    transactions: SeatingTransactions
    feed: SeatMapFeed
    clock: Clock

    async def __call__(self, event: SeatNews | BlockNews | PlanNews, delivery: Delivery) -> None:
        """Write to the plan's stream how the event's seats stand, or that the plan is closed, or begin it anew.

        Raises SeatMapUnavailableError for a changed plan, to be tried again.
        """
        if delivery.tenant_id is None:
            raise ValueError(f"{event.event_type} {delivery.event_id} names no tenant")
        tenant_id, plan_id = TenantId(delivery.tenant_id), PlanId(event.plan_id)
        if isinstance(event, PlanChanged):
            await self.feed.begin_anew(tenant_id, plan_id)
            return
        change = await self._change(event, tenant_id)
        if change is None:
            return
        try:
            await self.feed.append(tenant_id, plan_id, change)
        except SeatMapUnavailableError as error:
            _log.warning("the live map of %s misses a change: %s", plan_id, error)

    async def _change(self, event: SeatNews | BlockNews | PlanDeactivated, tenant_id: TenantId) -> MapChange | None:
        async with self.transactions.begin(tenant_id) as tx:
            if isinstance(event, PlanDeactivated):
                plan = await tx.plans.get(PlanId(event.plan_id))
                return PlanClosed() if plan.status is PlanStatus.INACTIVE else None
            states = await _picture(tx, event)
        now = self.clock.now()
        statuses = {seat_id: word_for(state_at(state, now)) for seat_id, state in states.items()}
        return SeatsChanged(statuses) if statuses else None


async def _picture(tx: SeatingTransaction, event: SeatNews | BlockNews) -> Picture:
    """Return how the seats stand that the event is about, those of a reservation even where it names none."""
    match event:
        case SeatsHeld() | HoldsExpired():
            seat_ids = [SeatId(id) for hold in event.holds for id in hold.seat_ids]
        case SeatsBlocked() | SeatsUnblocked():
            seat_ids = [SeatId(id) for id in event.seat_ids]
        case _:
            return await tx.seats.picture(ReservationId(event.reservation_id))
    return await tx.seats.states(PlanId(event.plan_id), seat_ids)

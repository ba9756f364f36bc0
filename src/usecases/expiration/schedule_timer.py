"""Setting a timer for what will end."""

import logging
from dataclasses import dataclass

from core.expiration.timer import Timer
from core.shared.ids import TenantId
from ports.events import Delivery
from ports.expiration import Timers, TimersUnavailableError
from ports.published.orders import OrderCreated
from ports.published.seating import HoldExtended, ReservationMade, SeatsHeld

_log = logging.getLogger(__name__)

type Ending = SeatsHeld | HoldExtended | ReservationMade | OrderCreated


@dataclass(frozen=True, slots=True)
class ScheduleTimer:
    """Consumer of everything that announces an end. Repeating it changes nothing, so it keeps no inbox.

    When the timers cannot be reached it succeeds all the same: their client has tried a bounded number of times by
    then, the owner's sweep over its database finds what was not remembered here, and a relay must not be held up, nor
    an event be given up, for a reminder.
    """

    timers: Timers

    async def __call__(self, event: Ending, delivery: Delivery) -> None:
        if delivery.tenant_id is None:
            raise ValueError(f"{event.event_type} {delivery.event_id} names no tenant")
        try:
            await self.timers.schedule(*_timers_for(event, TenantId(delivery.tenant_id)))
        except TimersUnavailableError as error:
            _log.warning("no timer for %s, the sweep will find it: %s", event, error)


def _timers_for(event: Ending, tenant_id: TenantId) -> list[Timer]:
    match event:
        case OrderCreated():
            return [Timer("order", event.order_id, tenant_id, event.expires_at)]
        case SeatsHeld():
            return [Timer("reservation", hold.reservation_id, tenant_id, hold.expires_at) for hold in event.holds]
        case HoldExtended() | ReservationMade():
            return [Timer("reservation", event.reservation_id, tenant_id, event.expires_at)]

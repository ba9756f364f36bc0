"""React to the timer of an order."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import OrderId, TenantId
from ports.events import Consumer, Delivery
from ports.published.expiration import TimerFired
from usecases.orders.expire_order import ExpireOrder


@dataclass(frozen=True, slots=True)
class OnTimerFired(Consumer[TimerFired]):
    """Done by the system. A timer is a hint: the order's own times decide, so repeating it changes nothing."""

    expire: ExpireOrder

    @override
    async def __call__(self, event: TimerFired, delivery: Delivery) -> None:
        """Look after the order if it is due; timers of other things are not ours."""
        if event.kind == "order" and delivery.tenant_id is not None:
            await self.expire(TenantId(delivery.tenant_id), OrderId(event.subject_id))

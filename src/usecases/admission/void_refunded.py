"""End the passes of an order that was refunded, and of single items."""

from dataclasses import dataclass
from typing import override

from core.admission.passes import REFUNDED
from core.shared.ids import OrderId, OrderItemId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.orders import ItemsReturned, OrderCancelled
from usecases.admission.announcements import tell_stopped
from usecases.admission.deliveries import tenant_of


@dataclass(frozen=True, slots=True)
class VoidOnCancelledOrder(Consumer[OrderCancelled]):
    """For events. Only `refunded` ends passes: an order that was cancelled or expired unpaid never had any.

    The order is remembered as refunded, so that no pass is issued later. An expired order may even come back, when its
    payment was late and its seats were still free. That money went back ends no pass by itself: orders say what is
    given back for it, since staff may let a buyer keep the seats.
    """

    admission: AdmissionTransactions
    clock: Clock

    @override
    async def __call__(self, event: OrderCancelled, delivery: Delivery) -> None:
        if event.reason != "refunded":
            return
        now = self.clock.now()
        order_id = OrderId(event.order_id)
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer="admission.void_on_cancelled_order", at=now):
                await tx.orders.note(order_id, refunded_at=now)
                ended = await tx.passes.void_order(order_id, at=now)
                await tell_stopped(tx, order_id, ended, reason=REFUNDED, over=True, at=now)


@dataclass(frozen=True, slots=True)
class VoidOnReturnedItems(Consumer[ItemsReturned]):
    """For events. Only the passes of the items that were given back end; the others of the order stay."""

    admission: AdmissionTransactions
    clock: Clock

    @override
    async def __call__(self, event: ItemsReturned, delivery: Delivery) -> None:
        now = self.clock.now()
        order_id = OrderId(event.order_id)
        units = [(OrderItemId(item.order_item_id), unit) for item in event.units for unit in item.units]
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer="admission.void_on_returned_items", at=now):
                await tx.orders.note(order_id)  # The lock under which passes are issued.
                ended = await tx.passes.void_units(order_id, units, reason=event.reason, at=now)
                await tell_stopped(tx, order_id, ended, reason=event.reason, over=True, at=now)

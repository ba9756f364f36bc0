"""End the passes of an order whose money went back."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import OrderId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.orders import OrderCancelled
from ports.published.payments import PaymentRefunded
from usecases.admission.deliveries import tenant_of


@dataclass(frozen=True, slots=True)
class VoidPasses:
    """For the consumers below: what both mean. The order is remembered as refunded, so that no pass is issued later."""

    admission: AdmissionTransactions
    clock: Clock

    async def __call__(self, order_id: OrderId, delivery: Delivery, *, consumer: str) -> None:
        now = self.clock.now()
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer=consumer, at=now):
                await tx.orders.note(order_id, refunded_at=now)
                await tx.passes.void_order(order_id, at=now)


@dataclass(frozen=True, slots=True)
class VoidOnRefund(Consumer[PaymentRefunded]):
    """For events. All the money of the order went back."""

    void: VoidPasses

    @override
    async def __call__(self, event: PaymentRefunded, delivery: Delivery) -> None:
        await self.void(OrderId(event.order_id), delivery, consumer="admission.void_on_refund")


@dataclass(frozen=True, slots=True)
class VoidOnCancelledOrder(Consumer[OrderCancelled]):
    """For events. Only `refunded` ends passes: an order that was cancelled or expired unpaid never had any.

    An expired order may even come back, when its payment was late and its seats were still free.
    """

    void: VoidPasses

    @override
    async def __call__(self, event: OrderCancelled, delivery: Delivery) -> None:
        if event.reason == "refunded":
            await self.void(OrderId(event.order_id), delivery, consumer="admission.void_on_cancelled_order")

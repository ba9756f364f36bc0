"""Hear of a new order."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import AccountId, OrderId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.orders import OrderCreated
from usecases.admission.deliveries import tenant_of

_CONSUMER = "admission.note_order"


@dataclass(frozen=True, slots=True)
class NoteOrder(Consumer[OrderCreated]):
    """For events. Remembers whose order it is, so that its buyer can ask for the passes before they are issued."""

    admission: AdmissionTransactions
    clock: Clock

    @override
    async def __call__(self, event: OrderCreated, delivery: Delivery) -> None:
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=self.clock.now()):
                await tx.orders.note(OrderId(event.order_id), account_id=AccountId(event.account_id))

"""React to the news that money was taken."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import OrderId, TenantId
from core.shared.money import Money
from ports.events import Consumer, Delivery
from ports.published.payments import PaymentSucceeded
from usecases.orders.settle_payment import SettlePayment


@dataclass(frozen=True, slots=True)
class ConfirmOrder(Consumer[PaymentSucceeded]):
    """Done by the system: Stripe's word confirms an order, never the browser's."""

    settle: SettlePayment

    @override
    async def __call__(self, event: PaymentSucceeded, delivery: Delivery) -> None:
        """Confirm the order, or give the money back; safe to repeat."""
        if delivery.tenant_id is None:
            raise ValueError("money is always some organisation's")
        await self.settle(
            TenantId(delivery.tenant_id),
            OrderId(event.order_id),
            paid=Money(event.amount_minor, event.currency),
            delivery=delivery,
        )

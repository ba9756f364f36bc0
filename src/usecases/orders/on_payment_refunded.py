"""React to the news that money went back."""

from dataclasses import dataclass
from typing import override

from core.orders.history import Step
from core.orders.refunds import money_left
from core.orders.statuses import OrderStatus, RefundState
from core.shared.ids import OrderId, TenantId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.orders import OrderTransactions
from ports.published.payments import PaymentRefunded
from usecases.orders.access import locked_with_origins
from usecases.orders.giving_back import tell_refunded

CONSUMER = "orders.on_payment_refunded"
SEATS_GO_BACK = frozenset({OrderStatus.CONFIRMED, OrderStatus.AWAITING_PAYMENT})


@dataclass(frozen=True, slots=True)
class OnPaymentRefunded(Consumer[PaymentRefunded]):
    """Done by the system: the order is marked, and a live one ends, so that seats return and passes are void."""

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: PaymentRefunded, delivery: Delivery) -> None:
        """Record the refund once; raises OrderNotFoundError."""
        if delivery.tenant_id is None:
            raise ValueError("money is always some organisation's")
        now = self.clock.now()
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=CONSUMER, at=now):
                return
            order = await locked_with_origins(tx, OrderId(event.order_id))
            if order.refund is RefundState.DONE:
                return
            if order.status is OrderStatus.CONFIRMED and order.content is not None:
                refunds = await tx.refunds.of_order(order.id)
                if money_left(order.content, refunds).amount_minor <= 0:
                    # Refunds of ours: each says by itself what it gives back, and seats may be the buyer's to keep.
                    await tx.orders.save(order.noted(Step.REFUNDED, event.reason, now=now))
                    return
            refunded = order.refunded(event.reason, now=now)
            await tx.orders.save(refunded)
            if order.status in SEATS_GO_BACK:
                was_sold = order.status is OrderStatus.CONFIRMED
                await tell_refunded(tx, refunded, now=now, was_sold=was_sold, reason=event.reason)

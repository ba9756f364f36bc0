"""React to the news of what became of a refund."""

from dataclasses import dataclass
from typing import override

from core.shared.ids import OrderId, RefundId, TenantId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.orders import OrderTransactions
from ports.published.payments import RefundSettled
from usecases.orders.access import locked_with_origins
from usecases.orders.refund_progress import all_went_back, money_not_back, take_back

CONSUMER = "orders.on_refund_settled"


@dataclass(frozen=True, slots=True)
class OnRefundSettled(Consumer[RefundSettled]):
    """Done by the system. The news may come before whoever asked for the money has recorded the answer.

    A refund that failed is owed, and staff see it; payments may yet succeed. Its items stay where they are: with the
    public when the money had been on its way, and else with the buyer. Refunds that orders did not ask for one by one
    are not ours to follow; but with the one that takes the last of the money, a cancelled order owes nothing any more,
    though a refund of ours had failed.
    """

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: RefundSettled, delivery: Delivery) -> None:
        """Record it once; raises OrderNotFoundError."""
        if delivery.tenant_id is None:
            raise ValueError("money is always some organisation's")
        now = self.clock.now()
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=CONSUMER, at=now):
                return
            order = await locked_with_origins(tx, OrderId(event.order_id))
            refund = await tx.refunds.get(RefundId(event.refund_id))
            if event.status == "succeeded":
                if refund is not None:
                    await take_back(tx, order, refund, settled=True, now=now)
                if event.all_refunded:
                    await all_went_back(tx, order.id, event.reason, now=now)
            elif refund is not None:
                await money_not_back(tx, order, refund, event.failure or "payments.refund_failed", now=now)

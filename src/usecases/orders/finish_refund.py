"""Ask for the money of a refund that is recorded, and take its items back."""

from dataclasses import dataclass

from core.orders.errors import OrderNotFoundError, RefundNotFoundError
from core.orders.refunds import OrderRefund
from core.shared.ids import OrderId, RefundId, TenantId
from ports.clock import Clock
from ports.orders import OrderTransaction, OrderTransactions
from usecases.orders.access import locked_with_origins
from usecases.orders.refund_money import RefundMoney
from usecases.orders.refund_progress import money_not_back, take_back


@dataclass(frozen=True, slots=True)
class FinishRefund:
    """Done by the system for a refund that is due, at once or by the sweep after a crash.

    The money is asked for first: seats and passes go back only when it is on its way. Every step may be repeated.
    """

    transactions: OrderTransactions
    money: RefundMoney
    clock: Clock

    async def __call__(self, tenant_id: TenantId, order_id: OrderId, refund_id: RefundId) -> OrderRefund:
        """Return the refund as it stands afterwards; raises RefundNotFoundError, OrderNotFoundError."""
        async with self.transactions.begin(tenant_id) as tx:
            refund = await present_refund(tx, order_id, refund_id)
            order = await tx.orders.get(order_id)
        if refund.due_at is None:
            return refund
        if order is None:
            raise OrderNotFoundError
        outcome = await self.money(tenant_id, order, refund)
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_with_origins(tx, order_id)
            refund = await present_refund(tx, order_id, refund_id)
            if refund.due_at is None:
                return refund  # The news of it was quicker, or another process.
            now = self.clock.now()
            match outcome.status:
                case "pending" | "succeeded":
                    await take_back(tx, order, refund, settled=outcome.status == "succeeded", now=now)
                case "failed" | "refused":
                    refused = outcome.status == "refused"
                    await money_not_back(tx, order, refund, outcome.failure, refused=refused, now=now)
                case "later":
                    await tx.refunds.save(refund.wait(now=now))
            return await present_refund(tx, order_id, refund_id)


async def present_refund(tx: OrderTransaction, order_id: OrderId, refund_id: RefundId) -> OrderRefund:
    """Return the refund of the order; raises RefundNotFoundError."""
    refund = await tx.refunds.get(refund_id)
    if refund is None or refund.order_id != order_id:
        raise RefundNotFoundError
    return refund

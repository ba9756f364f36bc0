"""Read refunds, and try one again that failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.history import Step
from core.orders.refunds import OrderRefund, RefundStatus
from core.shared.callers import SELLERS, Caller
from core.shared.ids import OrderId, RefundId
from ports.clock import Clock
from ports.orders import OrderTransactions
from ports.paging import Page, PageRequest
from usecases.orders.access import locked_order, visible_order
from usecases.orders.finish_refund import FinishRefund, present_refund


@dataclass(frozen=True, slots=True)
class ReadRefunds:
    """Those of an order are open to its buyer and to those who sell; those of all orders to the latter alone."""

    transactions: OrderTransactions

    async def of_order(self, caller: Caller, order_id: OrderId) -> Sequence[OrderRefund]:
        """Return the refunds of the order, the first first; raises OrderNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            await visible_order(tx, caller, order_id)
            return await tx.refunds.of_order(order_id)

    async def page(self, caller: Caller, page: PageRequest, status: RefundStatus | None) -> Page[OrderRefund]:
        """Return refunds of the organisation: those that failed are work for somebody. Raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.refunds.page(page, status=status)


@dataclass(frozen=True, slots=True)
class RetryRefund:
    """Open to those who sell for the organisation: the buyer gave the items back, and is owed the money."""

    transactions: OrderTransactions
    finish: FinishRefund
    clock: Clock

    async def __call__(self, caller: Caller, order_id: OrderId, refund_id: RefundId) -> OrderRefund:
        """Return the refund as it stands afterwards.

        Raises ForbiddenError, OrderNotFoundError, RefundNotFoundError, RefundNotRetryableError.
        """
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await locked_order(tx, order_id)
            refund = await present_refund(tx, order_id, refund_id)
            now = self.clock.now()
            await tx.refunds.save(refund.retry(now=now))
            await tx.orders.save(order.noted(Step.REFUND_REQUESTED, f"{refund.amount}: once more", now=now))
        return await self.finish(caller.tenant_id, order_id, refund_id)

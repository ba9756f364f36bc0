"""Tell once more what was told of an order."""

from dataclasses import dataclass

from core.orders.errors import ForbiddenTransitionError, OrderNotFoundError
from core.orders.refunds import units_returned
from core.orders.statuses import OrderStatus
from core.shared.ids import OrderId, TenantId
from ports.orders import OrderTransactions
from ports.published.orders import OrderCompleted
from usecases.orders.announcements import completed


@dataclass(frozen=True, slots=True)
class TellCompletedAgain:
    """For operators, when somebody has lost what they once heard: the same news, for whoever needs it.

    It is not put into the outbox: others would hear a second time of what they have not forgotten.
    """

    transactions: OrderTransactions

    async def __call__(self, tenant_id: TenantId, order_id: OrderId) -> OrderCompleted:
        """Return what is told of a sold order that has all that it was sold.

        Raises OrderNotFoundError, and ForbiddenTransitionError for an order that is not sold, or of which something
        was given back or passed on: what is left of it cannot be told in this news.
        """
        async with self.transactions.begin(tenant_id) as tx:
            order = await tx.orders.get(order_id)
            refunds = await tx.refunds.of_order(order_id)
            passed_on = await tx.passed_on.by_order(order_id)
        if order is None:
            raise OrderNotFoundError
        whole = not units_returned(refunds) and not passed_on and not order.is_resale
        if order.status is not OrderStatus.CONFIRMED or order.content is None or not whole:
            raise ForbiddenTransitionError(str(order.standing), "have its passes issued again")
        return completed(order, order.content)

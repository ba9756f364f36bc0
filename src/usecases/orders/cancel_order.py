"""Cancel an order that is not paid."""

from dataclasses import dataclass

from core.orders.errors import OrderAlreadyPaidError, PaymentProcessingError
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.shared.callers import Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import OrderId
from ports.clock import Clock
from ports.orders import OrderTransactions
from ports.published.payments import PaymentsApi
from usecases.orders.access import locked_order, visible_order
from usecases.orders.announcements import ended
from usecases.orders.settle_payment import SettlePayment


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Open to the buyer of the order, and to those who sell for the organisation.

    The payment is cancelled at Stripe first, so that no money comes for an order that is gone. Should some come all
    the same (a payment that was started at this very moment), it confirms the order or is refunded.
    """

    transactions: OrderTransactions
    payments: PaymentsApi
    settle: SettlePayment
    clock: Clock

    async def __call__(self, caller: Caller, order_id: OrderId) -> Order:
        """Return the CANCELLED order; cancelling it again answers the same.

        Raises OrderNotFoundError, OrderEndedError, OrderAlreadyPaidError (also when the money turns out to be taken:
        the order is confirmed then), PaymentProcessingError, and StaleVersionError when the order changed meanwhile.
        """
        async with self.transactions.begin(caller.tenant_id) as tx:
            seen = await visible_order(tx, caller, order_id)
        if seen.status is OrderStatus.CANCELLED:
            return seen
        seen.must_be_cancellable()
        cancelled = await self.payments.cancel(tenant_id=caller.tenant_id, order_id=order_id)
        if cancelled.outcome == "processing":
            raise PaymentProcessingError
        if cancelled.outcome == "succeeded":
            settled = await self.settle(caller.tenant_id, order_id)
            if settled.status is OrderStatus.CONFIRMED:
                raise OrderAlreadyPaidError
            return settled
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await locked_order(tx, order_id)
            if order.status is OrderStatus.CANCELLED:
                return order
            order.must_be_cancellable()
            if order.version != seen.version:
                raise StaleVersionError("The order changed while it was being cancelled; try again.")
            now = self.clock.now()
            order = order.cancel(now=now)
            await tx.orders.save(order)
            await tx.outbox.add(ended(order, "cancelled"), subject=order.id, at=now)
        return order

"""Cancel an order that is not paid, or one that was never to be paid online."""

from dataclasses import dataclass

from core.orders.errors import OrderAlreadyPaidError, PassedOnError, PaymentProcessingError
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.shared.callers import SELLERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import OrderId
from ports.clock import Clock
from ports.orders import OrderTransactions
from ports.published.payments import PaymentsApi
from usecases.orders.access import locked_order, locked_with_origins, visible_order
from usecases.orders.announcements import ended
from usecases.orders.giving_back import tell_refunded
from usecases.orders.settle_payment import SettlePayment


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Open to the buyer of the order, and to those who sell for the organisation.

    The payment is cancelled at Stripe first, so that no money comes for an order that is gone. Should some come all
    the same (a payment that was started at this very moment), it confirms the order or is refunded.

    A confirmed order that needed no payment by Stripe is called off by those who sell for the organisation alone: what
    was sold goes back, passes are void, and cash is returned by hand.
    """

    transactions: OrderTransactions
    payments: PaymentsApi
    settle: SettlePayment
    clock: Clock

    async def __call__(self, caller: Caller, order_id: OrderId) -> Order:
        """Return the CANCELLED order; cancelling it again answers the same.

        Raises OrderNotFoundError, OrderEndedError, OrderAlreadyPaidError (also when the money turns out to be taken:
        the order is confirmed then), PaymentProcessingError, ForbiddenError for a buyer whose order is confirmed and
        needed no payment, PassedOnError for one of which something was resold (what is left of it can be refunded), and
        StaleVersionError when the order changed meanwhile.
        """
        async with self.transactions.begin(caller.tenant_id) as tx:
            seen = await visible_order(tx, caller, order_id)
        if seen.is_uncharged and seen.status is OrderStatus.AWAITING_PAYMENT:
            # It is just being sold, or a crash left it so; either way it is confirmed first.
            seen = await self.settle(caller.tenant_id, order_id)
        if seen.status is OrderStatus.CANCELLED:
            return seen
        if seen.is_uncharged and seen.status is OrderStatus.CONFIRMED:
            return await self._called_off(caller, order_id)
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

    async def _called_off(self, caller: Caller, order_id: OrderId) -> Order:
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await locked_with_origins(tx, order_id)
            if order.status is OrderStatus.CANCELLED:
                return order
            if await tx.passed_on.by_order(order_id):
                raise PassedOnError
            now = self.clock.now()
            order = order.call_off(caller.account_id, now=now)
            await tx.orders.save(order)
            await tell_refunded(tx, order, now=now, was_sold=True, reason="cancelled")
        return order

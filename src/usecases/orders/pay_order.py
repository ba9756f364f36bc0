"""Start the payment of an order."""

from dataclasses import dataclass

from core.orders.content import OrderContent
from core.orders.errors import OrderNotPayableError
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.orders.terms import OrderTerms
from core.shared.callers import Caller
from core.shared.ids import OrderId
from ports.clock import Clock
from ports.orders import OrderTransactions
from ports.published.payments import PaymentMethod, PaymentsApi, PaymentStarted
from usecases.orders.access import locked_order, present_order, visible_order
from usecases.orders.reservations import Reservations


@dataclass(frozen=True, slots=True)
class PayOrder:
    """Open to the buyer of the order, and to those who sell for the organisation.

    Order and reservations are protected from expiry before the buyer can pay, for a bounded time.
    """

    transactions: OrderTransactions
    reservations: Reservations
    payments: PaymentsApi
    clock: Clock
    terms: OrderTerms

    async def __call__(self, caller: Caller, order_id: OrderId, method: PaymentMethod) -> PaymentStarted:
        """Return what Stripe's client library needs; repeating it answers the same payment.

        Raises OrderNotFoundError, OrderNotPayableError, OrderExpiredError, OrderAlreadyPaidError,
        TooManyPaymentTriesError, and RefusedError with what seating, ticketing or payments says.
        """
        order = await self._protected(caller, order_id, method)
        content = order.content
        assert content is not None
        await self.reservations.protect(caller.tenant_id, order, until=self.terms.settled_by(order.expires_at))
        started = await self.payments.start(
            tenant_id=caller.tenant_id,
            order_id=order.id,
            account_id=order.account_id,
            amount_minor=content.total.amount_minor,
            currency=content.currency,
            method=method,
            description=f"{_titles(content)} ({content.admissions})",
            venue_ids=tuple(dict.fromkeys(ticket.event.venue_id for ticket in content.tickets)),
            escrow=content.escrow,
        )
        await self._must_still_await_payment(caller, order_id)
        return started

    async def _protected(self, caller: Caller, order_id: OrderId, method: PaymentMethod) -> Order:
        async with self.transactions.begin(caller.tenant_id) as tx:
            await visible_order(tx, caller, order_id)
            order = await locked_order(tx, order_id)
            order = order.start_payment(method, now=self.clock.now(), terms=self.terms)
            await tx.orders.save(order)
        return order

    async def _must_still_await_payment(self, caller: Caller, order_id: OrderId) -> None:
        # The order may have been cancelled between the protection and the PaymentIntent: nobody shall pay for it.
        order = await present_order(self.transactions, caller.tenant_id, order_id)
        if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
            await self.payments.cancel(tenant_id=caller.tenant_id, order_id=order_id)
            raise OrderNotPayableError(f"The order is {order.status.value}; it does not await a payment.")


def _titles(content: OrderContent) -> str:
    first, *others = dict.fromkeys(ticket.event.title for ticket in content.tickets)
    return f"{first} and {len(others)} more" if others else first

"""Look after one order whose time has come."""

from dataclasses import dataclass
from datetime import datetime

from core.orders.order import Order, RefundState
from core.orders.statuses import UNPAID, OrderStatus
from core.orders.terms import OrderTerms
from core.shared.errors import UnavailableError
from core.shared.ids import OrderId, TenantId
from ports.clock import Clock
from ports.orders import OrderTransactions
from ports.published.payments import PaymentsApi
from ports.published.refusals import RefusedError
from usecases.orders.access import locked_order, present_order
from usecases.orders.announcements import ended
from usecases.orders.reservations import Reservations
from usecases.orders.settle_payment import SettlePayment


@dataclass(frozen=True, slots=True)
class ExpireOrder:
    """Done by the system for an order that is due: it expires, is confirmed, waits a little longer, or is refunded.

    One that needs no payment by Stripe is due as soon as everything is reserved, and what a crash left of it is done.
    The payment is cancelled at Stripe first. While Stripe has not decided, or cannot be asked, the order waits; at its
    ceiling it expires whatever Stripe does, and money that comes later is settled like any late payment.
    """

    transactions: OrderTransactions
    reservations: Reservations
    payments: PaymentsApi
    settle: SettlePayment
    clock: Clock
    terms: OrderTerms

    async def __call__(self, tenant_id: TenantId, order_id: OrderId) -> bool:
        """Return whether something was done; nothing is for an order that is not due. Raises OrderNotFoundError."""
        seen = await present_order(self.transactions, tenant_id, order_id)
        if not seen.is_due(self.clock.now()):
            return False
        uncharged = seen.is_uncharged and seen.status is OrderStatus.AWAITING_PAYMENT
        if uncharged or seen.refund is RefundState.DUE or seen.status not in UNPAID:
            await self.settle(tenant_id, order_id)
            return True
        try:
            outcome = (await self.payments.cancel(tenant_id=tenant_id, order_id=order_id)).outcome
        except (RefusedError, UnavailableError):
            outcome = "processing"
        if outcome == "succeeded":
            await self.settle(tenant_id, order_id)
            return True
        now = self.clock.now()
        if outcome == "processing" and now < self.terms.ceiling(placed_at=seen.placed_at):
            return await self._wait(tenant_id, seen, now=now)
        return await self._end(tenant_id, seen, now=now)

    async def _wait(self, tenant_id: TenantId, seen: Order, *, now: datetime) -> bool:
        again_at = self.terms.recheck(now=now)
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.version != seen.version:
                return False
            await tx.orders.save(order.ask_again(again_at, now=now))
        try:
            await self.reservations.protect(tenant_id, seen, until=self.terms.settled_by(again_at))
        except RefusedError:
            # Something is free for others by now; should money come, the order gets it back or the buyer the money.
            return True
        return True

    async def _end(self, tenant_id: TenantId, seen: Order, *, now: datetime) -> bool:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.version != seen.version or order.status not in UNPAID:
                return False
            order = order.expire(now=now)
            await tx.orders.save(order)
            await tx.outbox.add(ended(order, "expired"), subject=order.id, at=now)
        return True

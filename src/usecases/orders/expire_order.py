"""Look after one order whose time has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from core.orders.order import Order
from core.orders.statuses import UNPAID, OrderStatus, RefundState
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


class _Money(Enum):
    CAME = auto()
    WILL_NOT_COME = auto()
    UNDECIDED = auto()
    UNKNOWN = auto()
    """Nobody could be asked."""


@dataclass(frozen=True, slots=True)
class ExpireOrder:
    """Done by the system for an order that is due: it expires, is confirmed, waits a little longer, or is refunded.

    One that needs no payment by Stripe is due as soon as everything is reserved, and what a crash left of it is done.
    A payment that was started is cancelled at Stripe first. While Stripe has not decided the order waits, at most until
    its ceiling; while Stripe cannot be asked, at most until its patience ends. Then it expires all the same, and is
    asked about again and again until it is certain that no money comes; money that does come is settled like any late
    payment.
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
        if uncharged or seen.refund is RefundState.DUE:
            await self.settle(tenant_id, order_id)
            return True
        money = await self._money(tenant_id, seen)
        if money is _Money.CAME:
            await self.settle(tenant_id, order_id)
            return True
        now = self.clock.now()
        if seen.status not in UNPAID:
            return await self._look_after_ended(tenant_id, seen, money, now=now)
        if now < self._ends_at(seen, money):
            return await self._wait(tenant_id, seen, now=now)
        return await self._end(tenant_id, seen, money, now=now)

    async def _money(self, tenant_id: TenantId, order: Order) -> _Money:
        if not order.may_be_paid:
            return _Money.WILL_NOT_COME
        try:
            cancelled = await self.payments.cancel(tenant_id=tenant_id, order_id=order.id)
        except UnavailableError:
            return _Money.UNKNOWN
        except RefusedError:
            return _Money.UNDECIDED
        match cancelled.outcome:
            case "succeeded":
                return _Money.CAME
            case "processing":
                return _Money.UNDECIDED
            case "cancelled" | "none":
                return _Money.WILL_NOT_COME

    def _ends_at(self, order: Order, money: _Money) -> datetime:
        match money:
            case _Money.UNKNOWN:
                return self.terms.patience(placed_at=order.placed_at)
            case _Money.UNDECIDED:
                return self.terms.ceiling(placed_at=order.placed_at)
            case _:
                return order.expires_at

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

    async def _end(self, tenant_id: TenantId, seen: Order, money: _Money, *, now: datetime) -> bool:
        again_at = None if money is _Money.WILL_NOT_COME else self.terms.late_recheck(now=now)
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.version != seen.version or order.status not in UNPAID:
                return False
            order = order.expire(now=now, ask_again_at=again_at)
            await tx.orders.save(order)
            await tx.outbox.add(ended(order, "expired"), subject=order.id, at=now)
        return True

    async def _look_after_ended(self, tenant_id: TenantId, seen: Order, money: _Money, *, now: datetime) -> bool:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, seen.id)
            if order.version != seen.version:
                return False
            if money is _Money.WILL_NOT_COME:
                await tx.orders.save(order.lay_down(now=now))
            else:
                await tx.orders.save(order.ask_again(self.terms.late_recheck(now=now), now=now))
        return True

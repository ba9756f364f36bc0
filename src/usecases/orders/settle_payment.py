"""Turn money into seats and places, or back into money."""

from dataclasses import dataclass

from core.orders.order import Order
from core.orders.statuses import LIVE, OrderStatus, RefundState
from core.orders.terms import OrderTerms
from core.shared.errors import UnavailableError
from core.shared.ids import OrderId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.events import Delivery
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.payments import PaymentsApi, whole_refund_id
from ports.published.refusals import RefusedError
from usecases.orders.access import locked_order, locked_with_origins, present_order
from usecases.orders.announcements import completed
from usecases.orders.giving_back import tell_refunded
from usecases.orders.pass_on import pass_on
from usecases.orders.reservations import Reservations, Sale

CONSUMER = "orders.confirm_order"
ENDED = frozenset(OrderStatus) - LIVE


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """Done by the system once the money of an order was taken: all that the order reserved, or an automatic refund.

    An order that needs no payment by Stripe is settled alike once everything is reserved for it, but for the refund:
    it ends where not everything can be sold.

    Everything is sold first, then the order is confirmed, and what was resold goes over to it in the same transaction;
    or the debt is recorded first, with the news that gives back whatever was sold, and then the refund is asked for.
    Every step may be repeated, so a process may die between any two of them, and the order may have expired or been
    cancelled before: then it is noted first that money came, so that the sweep goes on where whoever heard of it gave
    up.
    """

    transactions: OrderTransactions
    reservations: Reservations
    payments: PaymentsApi
    clock: Clock
    terms: OrderTerms

    async def __call__(
        self, tenant_id: TenantId, order_id: OrderId, *, paid: Money | None = None, delivery: Delivery | None = None
    ) -> Order:
        """Return the order as it stands afterwards: CONFIRMED, or ended with a refund due or asked for.

        One that needs no payment is settled only while it is AWAITING_PAYMENT, and ends without a refund. `paid` is
        compared with the total where it is known. Raises OrderNotFoundError.
        """
        order = await present_order(self.transactions, tenant_id, order_id)
        if order.is_uncharged and order.status is not OrderStatus.AWAITING_PAYMENT:
            return order
        if order.refund is None and order.status is not OrderStatus.CONFIRMED:
            if order.status not in LIVE:
                await self._noted(tenant_id, order_id)
            sale = self._mistaken(order, paid) or await self._sell(tenant_id, order)
            order = await self._recorded(tenant_id, order_id, sale, delivery)
        elif order.refund is not None and delivery is not None:
            await self._told_again(tenant_id, order, delivery)
        if order.refund is RefundState.DUE:
            order = await self._refund(tenant_id, order)
        return order

    def _mistaken(self, order: Order, paid: Money | None) -> str | None:
        if order.total is None:
            return "paid before anything was reserved"
        if paid is not None and paid != order.total:
            return f"{paid} was paid instead of {order.total}"
        return None

    async def _noted(self, tenant_id: TenantId, order_id: OrderId) -> None:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, order_id)
            now = self.clock.now()
            noted = order.settle_late(self.terms.recheck(now=now), now=now)
            if noted is not order:
                await tx.orders.save(noted)

    async def _told_again(self, tenant_id: TenantId, order: Order, delivery: Delivery) -> None:
        # An earlier try at this very news may have sold something after the refund was told, and died before it knew.
        async with self.transactions.begin(tenant_id) as tx:
            now = self.clock.now()
            if await tx.inbox.accept(delivery.event_id, consumer=CONSUMER, at=now):
                await tell_refunded(tx, order, now=now)

    async def _sell(self, tenant_id: TenantId, order: Order) -> Sale | str:
        try:
            return await self.reservations.sell(tenant_id, order)
        except RefusedError as refusal:
            return refusal.refusal_code

    async def _recorded(
        self, tenant_id: TenantId, order_id: OrderId, sale: Sale | str, delivery: Delivery | None
    ) -> Order:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_with_origins(tx, order_id)
            now = self.clock.now()
            if delivery is not None:
                # Not asked for its answer: the status below says whether the effect is there.
                await tx.inbox.accept(delivery.event_id, consumer=CONSUMER, at=now)
            if order.refund is not None or (order.is_uncharged and order.status in ENDED):
                # The order ended while things were being sold; whoever sold them takes them back at this news.
                await tell_refunded(tx, order, now=now)
                return order
            if isinstance(sale, str):
                return await self._owe(tx, order, sale)
            content = order.content
            if order.status is OrderStatus.CONFIRMED or content is None:
                return order
            if content.is_resale and (refusal := await pass_on(tx, order, content, now=now)):
                return await self._owe(tx, order, refusal)
            order = order.confirm(reclaimed=sale.reclaimed, others=sale.others, now=now)
            await tx.orders.save(order)
            await tx.outbox.add(completed(order, order.content or content), subject=order.id, at=now)
            return order

    async def _owe(self, tx: OrderTransaction, order: Order, reason: str) -> Order:
        if order.status is OrderStatus.CONFIRMED:
            return order
        now = self.clock.now()
        owing = order.refuse(reason, now=now) if order.is_uncharged else order.owe_refund(reason, now=now)
        await tx.orders.save(owing)
        # Always told as refunded: one of several reservations may be sold, be it by a try that died.
        await tell_refunded(tx, owing, now=now)
        return owing

    async def _refund(self, tenant_id: TenantId, order: Order) -> Order:
        try:
            await self.payments.refund(
                tenant_id=tenant_id,
                order_id=order.id,
                refund_id=whole_refund_id(order.id),
                amount_minor=None,
                reason=order.refund_reason,
            )
        except (RefusedError, UnavailableError):
            asked = False
        else:
            asked = True
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, order.id)
            if order.refund is not RefundState.DUE:
                return order
            now = self.clock.now()
            # The debt stays recorded, and the sweep asks again: nobody has to remember it.
            order = order.refund_asked(now=now) if asked else order.ask_again(self.terms.recheck(now=now), now=now)
            await tx.orders.save(order)
            return order

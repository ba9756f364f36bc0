"""Give the money back for a pass that its buyer gave back to the organiser, once it is sold again."""

from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID, uuid5

from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import PassedOn
from core.orders.refund_policy import RefundReason
from core.orders.refunds import Explanation, OrderRefund, ReckoningStep, money_left
from core.orders.shares import shares_of
from core.orders.statuses import OrderStatus
from core.shared.ids import OrderId, OrderItemId, RefundId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.resale import ReturnCompleted
from usecases.orders.access import locked_order


def return_refund_id(listing_id: UUID) -> RefundId:
    """Return the id of the refund for what was given back by this listing: always the same, so that there is one."""
    return RefundId(uuid5(listing_id, "given back and sold again"))


@dataclass(frozen=True, slots=True)
class OnReturnCompleted(Consumer[ReturnCompleted]):
    """Done by the system: the order had the admission, another order has it now, and the organiser was paid for it.

    The refund is recorded without items, since neither seat nor pass is the order's to give back, and the sweep of
    refunds asks for the money: the price, never more than the admission itself has cost, or than is left of the money.
    """

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: ReturnCompleted, delivery: Delivery) -> None:
        """Owe the money once, however often it is told; raises OrderNotFoundError.

        An order that has ended owes nothing: all of its money went back.
        """
        now = self.clock.now()
        if delivery.tenant_id is None:
            raise ValueError("orders are always some organisation's")
        async with self.transactions.begin(TenantId(delivery.tenant_id)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="orders.on_return_completed", at=now):
                return
            order = await locked_order(tx, OrderId(event.origin_order_id))
            refund_id = return_refund_id(event.listing_id)
            if order.status is not OrderStatus.CONFIRMED or await tx.refunds.get(refund_id) is not None:
                return
            passed_on = await _passed_on(tx, order, event)
            if passed_on is not None:
                await _owe(tx, order, passed_on, refund_id, Money(event.price_minor, event.currency), now=now)


async def _passed_on(tx: OrderTransaction, order: Order, event: ReturnCompleted) -> PassedOn | None:
    unit = (OrderItemId(event.origin_order_item_id), event.origin_unit)
    all_of_order = await tx.passed_on.by_order(order.id)
    return next((each for each in all_of_order if each.unit == unit and each.to_order_id == event.order_id), None)


async def _owe(
    tx: OrderTransaction, order: Order, passed_on: PassedOn, refund_id: RefundId, price: Money, *, now: datetime
) -> None:
    content = order.content
    assert content is not None, "only what was sold is passed on"
    cost = Money(shares_of(content)[passed_on.unit].ticket_minor, content.total.currency)
    left = money_left(content, await tx.refunds.of_order(order.id))
    amount = min(price, cost, left, key=lambda money: money.amount_minor)
    if amount.amount_minor <= 0:
        return
    reason = RefundReason.RETURNED
    refund = OrderRefund(
        id=refund_id,
        order_id=order.id,
        items=(),
        amount=amount,
        reason=reason,
        note="The pass was given back to the organiser, and was sold again.",
        by=order.account_id,
        by_staff=False,
        explanation=Explanation(
            (),
            fees_refundable=False,
            steps=(ReckoningStep("sold again for", price), ReckoningStep("of which goes back", amount)),
        ),
        requested_at=now,
        due_at=now,
    )
    await tx.refunds.add(refund)
    await tx.orders.save(order.noted(Step.REFUND_REQUESTED, f"{amount}: {reason.value}", now=now))

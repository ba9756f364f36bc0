"""React to the news of what became of the passes that an order bought of others."""

from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import uuid5

from core.orders.content import OrderContent
from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import PassedOn
from core.orders.refund_policy import RefundReason
from core.orders.refunds import Explanation, OrderRefund, ReckoningStep, ReturnedItem, money_left, units_gone
from core.orders.statuses import OrderStatus
from core.shared.ids import AccountId, OrderId, OrderItemId, RefundId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.admission import PassHandedOver, PassNotReissued, PassReissued
from ports.published.payments import whole_refund_id
from usecases.orders.access import locked_with_origins
from usecases.orders.announcements import Over
from usecases.orders.giving_back import tell_over
from usecases.orders.refund_progress import take_back

NOT_REISSUED = RefundReason.PASS_NOT_REISSUED


@dataclass(frozen=True, slots=True)
class OnPassReissued(Consumer[PassReissued]):
    """Done by the system: the old pass has ended, so that from now on the place is the order's to give back.

    What was given back before this was known goes back to the public now.
    """

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassReissued, delivery: Delivery) -> None:
        """Note it once; raises OrderNotFoundError."""
        now = self.clock.now()
        async with self.transactions.begin(_tenant(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="orders.on_pass_reissued", at=now):
                return
            order = await locked_with_origins(tx, OrderId(event.order_id))
            passed_on = await _passed_on_to(tx, order, OrderItemId(event.order_item_id))
            if passed_on is None:
                return
            await tx.passed_on.save(passed_on.reissued(now=now))
            if passed_on.returned_at is not None:
                await tell_over(tx, order, await _given_back(tx, order, passed_on), now=now)


@dataclass(frozen=True, slots=True)
class OnPassNotReissued(Consumer[PassNotReissued]):
    """Done by the system: the pass stays with whoever has it, and the buyer gets back all that was paid for it.

    The refund is recorded, and the sweep of refunds asks for the money. The place does not go back to the public: the
    order never had it.
    """

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassNotReissued, delivery: Delivery) -> None:
        """Owe the money once; raises OrderNotFoundError."""
        now = self.clock.now()
        async with self.transactions.begin(_tenant(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="orders.on_pass_not_reissued", at=now):
                return
            order = await locked_with_origins(tx, OrderId(event.order_id))
            passed_on = await _passed_on_to(tx, order, OrderItemId(event.order_item_id))
            if passed_on is None or passed_on.reissued_at is not None:
                return
            await tx.passed_on.undo(passed_on.to_item_id)
            await _owe(tx, order, passed_on.to_item_id, event.reason, now=now)
            await _end_with_origin(tx, passed_on, now=now)


@dataclass(frozen=True, slots=True)
class OnPassHandedOver(Consumer[PassHandedOver]):
    """Done by the system: who has the pass is noted, since its buyer cannot have it refunded while another has it."""

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassHandedOver, delivery: Delivery) -> None:
        """Note it; of two that come in any order the later revision counts."""
        async with self.transactions.begin(_tenant(delivery)) as tx:
            consumer, at = "orders.on_pass_handed_over", self.clock.now()
            if await tx.inbox.accept(delivery.event_id, consumer=consumer, at=at):
                unit = OrderItemId(event.order_item_id), event.unit
                to = AccountId(event.to_account_id)
                await tx.passed_on.hand_over(OrderId(event.order_id), unit, to=to, revision=event.revision)


async def _passed_on_to(tx: OrderTransaction, order: Order, item_id: OrderItemId) -> PassedOn | None:
    return next((each for each in await tx.passed_on.to_order(order.id) if each.to_item_id == item_id), None)


async def _given_back(tx: OrderTransaction, order: Order, passed_on: PassedOn) -> Over:
    """Return the item as it was given back before it was known that it was the order's."""
    items = (ReturnedItem(passed_on.to_item_id, (1,)),)
    for refund in await tx.refunds.of_order(order.id):
        if refund.accepted_at is not None and (passed_on.to_item_id, 1) in refund.units:
            return Over(items, refund.id, refund.reason.value, refund.by)
    return Over(items, RefundId(whole_refund_id(order.id)), "refunded", order.account_id)


async def _owe(tx: OrderTransaction, order: Order, item_id: OrderItemId, why: str, *, now: datetime) -> None:
    """Record the refund of the item, unless its money went back before or is on its way."""
    earlier = await tx.refunds.of_order(order.id)
    content = order.content
    if order.status is not OrderStatus.CONFIRMED or content is None or (item_id, 1) in units_gone(earlier):
        return
    amount = min(_price(content, item_id), money_left(content, earlier), key=lambda money: money.amount_minor)
    refund = OrderRefund(
        id=RefundId(uuid5(item_id, "the pass was not reissued")),
        order_id=order.id,
        items=(ReturnedItem(item_id, (1,)),),
        amount=amount,
        reason=NOT_REISSUED,
        note=why,
        by=order.account_id,
        by_staff=False,
        explanation=Explanation((), fees_refundable=True, steps=(ReckoningStep("paid for the pass", amount),)),
        requested_at=now,
        due_at=now,
    )
    await tx.refunds.add(refund)
    await tx.orders.save(order.noted(Step.REFUND_REQUESTED, f"{amount}: {NOT_REISSUED.value}", now=now))


async def _end_with_origin(tx: OrderTransaction, passed_on: PassedOn, *, now: datetime) -> None:
    """Give the place back where its origin has lost its money meanwhile, which spared what it had passed on.

    Where the bank took the money, the place goes back by way of a refund, as the others of the origin did: that order
    has it no more, and ends with its last one.
    """
    first = passed_on.origin
    origin = await tx.orders.get(first.order_id)
    assert origin is not None, "orders are never deleted"
    items = (ReturnedItem(first.item_id, (first.unit,)),)
    if origin.status is not OrderStatus.CONFIRMED:
        over = Over(items, RefundId(whole_refund_id(origin.id)), "refunded", origin.account_id)
        await tell_over(tx, origin, over, now=now)
    elif any(each.reason is RefundReason.DISPUTE_LOST for each in await tx.refunds.of_order(origin.id)):
        refund = _came_back(origin, items, id=RefundId(uuid5(passed_on.to_item_id, "came back too late")), now=now)
        await tx.refunds.add(refund)
        await take_back(tx, origin, refund, settled=True, now=now)


def _came_back(origin: Order, items: tuple[ReturnedItem, ...], *, id: RefundId, now: datetime) -> OrderRefund:
    """Return the refund of what the bank took the money for before it came back; the money was that of another."""
    assert origin.content is not None, "only what was sold is passed on"
    return OrderRefund(
        id=id,
        order_id=origin.id,
        items=items,
        amount=Money.zero(origin.content.currency),
        reason=RefundReason.DISPUTE_LOST,
        note="It came back after the buyer's bank had taken the money.",
        by=origin.account_id,
        by_staff=False,
        explanation=Explanation((), fees_refundable=True, steps=()),
        requested_at=now,
        due_at=None,
    )


def _price(content: OrderContent, item_id: OrderItemId) -> Money:
    return next(item.unit_price for item in content.items if item.id == item_id)


def _tenant(delivery: Delivery) -> TenantId:
    if delivery.tenant_id is None:
        raise ValueError("orders are always some organisation's")
    return TenantId(delivery.tenant_id)

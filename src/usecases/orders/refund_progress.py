"""What follows for an order from how far one of its refunds has come."""

from datetime import datetime

from core.orders.disputes import is_lost
from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import units_passed_on
from core.orders.refunds import OrderRefund, RefundStatus, all_returned, money_left
from core.orders.statuses import OrderStatus, RefundState
from core.shared.ids import OrderId
from ports.orders import OrderTransaction
from usecases.orders.access import locked_order
from usecases.orders.announcements import Over
from usecases.orders.giving_back import tell_over, tell_refunded

WITH_BANK = "payments.disputed"
"""What payments says while the buyer's bank has the money, or keeps it."""

NOTHING_LEFT = "payments.not_refundable"
"""What payments says when all the money of an order has gone back already."""


async def take_back(tx: OrderTransaction, order: Order, refund: OrderRefund, *, settled: bool, now: datetime) -> None:
    """The money is on its way, or back: store that, and the first time give back the items and tell of them.

    The transaction has locked the order with its origins. With its last item the order ends.
    """
    first = refund.accepted_at is None
    after = refund.succeed(now=now) if settled else refund.accept(now=now)
    if after is not refund:
        await tx.refunds.save(after)
    if first and after.items:
        order = await _items_back(tx, order, after, now=now)
    if order.refund is RefundState.ASKED and order.status is OrderStatus.CANCELLED:
        refunds = [each for each in await tx.refunds.of_order(order.id) if each.counts]
        if all(each.status is RefundStatus.SUCCEEDED for each in refunds):
            await tx.orders.save(order.refunded(refund.reason.value, now=now))


async def all_went_back(tx: OrderTransaction, order_id: OrderId, reason: str, *, now: datetime) -> None:
    """All the money is back, be it past us after a refund of ours had failed: a cancelled order owes none any more."""
    order = await locked_order(tx, order_id)
    if order.refund is RefundState.ASKED and order.status is OrderStatus.CANCELLED:
        await tx.orders.save(order.refunded(reason, now=now))


async def _items_back(tx: OrderTransaction, order: Order, refund: OrderRefund, *, now: datetime) -> Order:
    content = order.content
    assert content is not None, "only what was sold is refunded"
    refunds = await tx.refunds.of_order(order.id)
    passed_on = units_passed_on(await tx.passed_on.by_order(order.id))
    all_of_them = all_returned(content, refunds, passed_on)
    was_live = order.status is OrderStatus.CONFIRMED
    places = sum(item.quantity for item in refund.items)
    detail = f"{places} of {content.admissions}"
    ends = all_of_them and was_live
    order = order.all_returned(detail, now=now) if ends else order.noted(Step.ITEMS_RETURNED, detail, now=now)
    await tx.orders.save(order)
    await tell_over(tx, order, Over(refund.items, refund.id, refund.reason.value, refund.by), now=now)
    if ends:
        await tell_refunded(tx, order, now=now)
    return order


async def money_not_back(
    tx: OrderTransaction, order: Order, refund: OrderRefund, failure: str, *, refused: bool = False, now: datetime
) -> None:
    """Payments could not give the money back, or with `refused` would not: it is owed, or is not.

    Unless the buyer's bank took it, and keeps it: then the buyer has it, and what it is for goes back as after any
    refund. That is known only after the verdict; when a refund has failed before it, the verdict settles it.
    """
    if failure == WITH_BANK and is_lost(order):
        await take_back(tx, order, refund, settled=True, now=now)
    elif refused:
        await note_refusal(tx, order, refund.refuse(failure, now=now), now=now)
    elif (failed := refund.fail(failure, now=now)) is not refund:
        await note_failure(tx, order, failed, now=now)


async def note_failure(tx: OrderTransaction, order: Order, refund: OrderRefund, *, now: datetime) -> Order:
    """The money did not go back: store that with the refund, and in the history that the buyer reads."""
    await tx.refunds.save(refund)
    order = order.noted(Step.REFUND_FAILED, f"{refund.amount}: {refund.failure}", now=now)
    await tx.orders.save(order)
    return order


async def note_refusal(tx: OrderTransaction, order: Order, refund: OrderRefund, *, now: datetime) -> None:
    """The money is not owed: store that as a failure is.

    When the news came that all the money had gone back, this refund seemed to be why. If it was not, the money went
    back past us, and the order ends as it would have then.
    """
    order = await note_failure(tx, order, refund, now=now)
    if refund.failure == NOTHING_LEFT:
        await all_went_back(tx, order.id, refund.reason.value, now=now)
    if order.status is not OrderStatus.CONFIRMED or order.content is None:
        return
    all_gone = next((entry for entry in reversed(order.history) if entry.step is Step.REFUNDED), None)
    if all_gone is None or money_left(order.content, await tx.refunds.of_order(order.id)).amount_minor <= 0:
        return
    over = order.refunded(all_gone.detail, now=now)
    await tx.orders.save(over)
    await tell_refunded(tx, over, now=now, was_sold=True, reason=all_gone.detail)

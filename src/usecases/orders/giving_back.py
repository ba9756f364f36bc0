"""Tell what an order gives back, so that no place goes back to the public that somebody else has."""

from datetime import datetime

from core.orders.content import OrderContent, OrderLine, PlacesLine, ResaleLine
from core.orders.order import Order
from core.orders.passing_on import PassedOn, units_over, units_passed_on
from core.orders.refunds import ReturnedItem
from core.shared.ids import OrderItemId, RefundId
from ports.orders import OrderTransaction
from ports.published.payments import whole_refund_id
from usecases.orders.announcements import Over, ended, returned


async def tell_over(tx: OrderTransaction, order: Order, over: Over, *, now: datetime) -> None:
    """Tell that these admissions of the order are over, as the transaction has stored it.

    The order is locked with its origins. A resold item gives its place back once the old pass is known to have ended;
    what was resold to others is left out.
    """
    content = order.content
    assert content is not None, "only what was sold is given back"
    passed_on = units_passed_on(await tx.passed_on.by_order(order.id))
    items = [
        ReturnedItem(item.item_id, units)
        for item in over.items
        if (units := tuple(unit for unit in item.units if (item.item_id, unit) not in passed_on))
    ]
    if not items:
        return
    over = Over(tuple(items), over.refund_id, over.reason, over.by)
    ids = {item.item_id for item in items}
    free = set[OrderItemId]()
    for each in await _resold_to(tx, content, order):
        if each.to_item_id in ids:
            after = each.returned(now=now)
            await tx.passed_on.save(after)
            if after.is_with_public:
                free.add(after.to_item_id)
    remaining = await _remaining(tx, order, content, ids, free)
    await tx.outbox.add(returned(order, content, over, free=free, remaining=remaining), subject=order.id, at=now)


async def tell_refunded(
    tx: OrderTransaction, order: Order, *, now: datetime, was_sold: bool = False, reason: str = ""
) -> None:
    """Tell that the order is refunded, without the places that others have by now.

    With `was_sold` all that it had left goes back now, for this reason.
    """
    content = order.content
    passed_on = await tx.passed_on.by_order(order.id)
    kept = frozenset[OrderItemId](each.origin.item_id for each in passed_on)
    if was_sold and content is not None and (kept or content.is_resale):
        theirs = units_passed_on(passed_on)
        items = tuple(
            ReturnedItem(item.id, units)
            for item in content.items
            if (units := tuple(n for n in range(1, item.quantity + 1) if (item.id, n) not in theirs))
        )
        over = Over(items, RefundId(whole_refund_id(order.id)), reason, order.account_id)
        await tell_over(tx, order, over, now=now)
    reservations = frozenset(item.reservation_id for item in content.items if item.id in kept) if content else None
    await tx.outbox.add(ended(order, "refunded", kept=reservations or frozenset()), subject=order.id, at=now)


async def _resold_to(tx: OrderTransaction, content: OrderContent, order: Order) -> list[PassedOn]:
    return list(await tx.passed_on.to_order(order.id)) if content.is_resale else []


async def _remaining(
    tx: OrderTransaction, order: Order, content: OrderContent, ids: set[OrderItemId], free: set[OrderItemId]
) -> dict[OrderItemId, int]:
    """Return of general admission how many places are left to the buyers of the items that were sold first."""
    remaining: dict[OrderItemId, int] = {}
    for line in content.items:
        if isinstance(line, PlacesLine) and line.id in ids:
            remaining[line.id] = await _left_of(tx, order, line)
        elif isinstance(line, ResaleLine) and line.seat is None and line.id in free:
            first = line.root.admission
            root = await tx.orders.get(first.order_id)
            assert root is not None and root.content is not None, "orders are never deleted"
            sold = next(item for item in root.content.items if item.id == first.item_id)
            remaining[first.item_id] = await _left_of(tx, root, sold)
    return remaining


async def _left_of(tx: OrderTransaction, order: Order, line: OrderLine) -> int:
    theirs = units_passed_on(await tx.passed_on.by_order(order.id))
    over = units_over(order, await tx.refunds.of_order(order.id), theirs)
    by_others = sum(each.is_with_public for each in await tx.passed_on.with_root(line.id))
    return line.quantity - sum(item_id == line.id for item_id, _ in over) - by_others

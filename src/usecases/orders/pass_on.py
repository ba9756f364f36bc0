"""Let admissions that were resold go from the orders of their sellers to the order of their buyer."""

from collections.abc import Sequence
from datetime import datetime

from core.orders.content import Admission, OrderContent, OrderLine, ResaleLine, Root
from core.orders.errors import OriginGoneError, PassedOnError
from core.orders.order import Order
from core.orders.passing_on import PassedOn, root_of, units_passed_on
from core.shared.ids import OrderId, OrderItemId, SeatId
from ports.orders import OrderTransaction
from ports.published.resale import ResaleReserved


async def pass_on(tx: OrderTransaction, order: Order, content: OrderContent, *, now: datetime) -> str | None:
    """Store that the order has its resold admissions now; return None, or the code of why it cannot have them.

    The transaction has locked the order with its origins and is about to confirm it; nothing is stored if one of the
    admissions is not there.
    """
    lines = [item for item in content.items if isinstance(item, ResaleLine)]
    passed: list[PassedOn] = []
    for line in lines:
        seat_id = line.seat.seat_id if line.seat else None
        try:
            await root_in(tx, line.origin, seat_id)
        except (PassedOnError, OriginGoneError) as refusal:
            return refusal.code
        passed.append(PassedOn(line.origin, order.id, line.id, line.root.admission, now))
    if len({each.unit for each in passed}) < len(passed):
        return PassedOnError.code
    for each in passed:
        await tx.passed_on.add(each)
    return None


async def root_in(tx: OrderTransaction, origin: Admission, seat_id: SeatId | None) -> tuple[Root, OrderLine]:
    """Return where the admission was first sold, and its item; raises PassedOnError and OriginGoneError."""
    return root_of(
        await tx.orders.get(origin.order_id),
        origin,
        seat_id=seat_id,
        refunds=await tx.refunds.of_order(origin.order_id),
        passed_on=units_passed_on(await tx.passed_on.by_order(origin.order_id)),
    )


async def roots_of(tx: OrderTransaction, reserved: Sequence[ResaleReserved]) -> Sequence[tuple[Root, OrderLine]]:
    """Return the same of what is reserved; raises PassedOnError and OriginGoneError before anybody pays for it."""
    return [
        await root_in(tx, origin_of(each), None if each.seat_id is None else SeatId(each.seat_id)) for each in reserved
    ]


def origin_of(reserved: ResaleReserved) -> Admission:
    """Return which admission it was that is for resale."""
    return Admission(
        OrderId(reserved.origin_order_id), OrderItemId(reserved.origin_order_item_id), reserved.origin_unit
    )

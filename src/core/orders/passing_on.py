"""An admission that goes from one order to another: a pass that is resold."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.orders.content import Admission, OrderLine, PlacesLine, ResaleLine, Root, SeatLine, seat_of
from core.orders.disputes import is_disputed
from core.orders.errors import OriginGoneError, PassedOnError
from core.orders.order import Order
from core.orders.refunds import OrderRefund, units_gone, units_returned
from core.orders.shares import Unit
from core.orders.statuses import OrderStatus
from core.shared.ids import OrderId, OrderItemId, SeatId


@dataclass(frozen=True, slots=True)
class PassedOn:
    """An admission that is another order's since it was resold: the item `to_item_id` of the order `to_order_id`.

    `reissued_at` is when it was heard that the old pass has ended and the new one is there: until then the place may
    yet stay with the old pass. `returned_at` is when the new order gave the admission back.
    """

    origin: Admission
    to_order_id: OrderId
    to_item_id: OrderItemId
    root: Admission
    at: datetime
    reissued_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def unit(self) -> Unit:
        """The admission within the order that it was of."""
        return self.origin.item_id, self.origin.unit

    @property
    def is_with_public(self) -> bool:
        """Whether the place is free for others: given back, and no old pass is left that could admit to it."""
        return self.reissued_at is not None and self.returned_at is not None

    def reissued(self, *, now: datetime) -> Self:
        """The old pass has ended; repeating it changes nothing."""
        return self if self.reissued_at is not None else replace(self, reissued_at=now)

    def returned(self, *, now: datetime) -> Self:
        """The new order gave it back; repeating it changes nothing."""
        return self if self.returned_at is not None else replace(self, returned_at=now)


def units_passed_on(passed_on: Iterable[PassedOn]) -> frozenset[Unit]:
    """Return which admissions of an order are others' by now."""
    return frozenset(each.unit for each in passed_on)


def root_of(
    origin: Order | None,
    admission: Admission,
    *,
    seat_id: SeatId | None,
    refunds: Sequence[OrderRefund],
    passed_on: Set[Unit],
) -> tuple[Root, OrderLine]:
    """Return where the admission was first sold, and the item that it is of, if its order may pass it on.

    `refunds` and `passed_on` are those of the order. Raises PassedOnError, and OriginGoneError where the order has not
    got the admission, has given it back or is about to, or may lose its money to the buyer's bank.
    """
    unit = (admission.item_id, admission.unit)
    if unit in passed_on:
        raise PassedOnError
    content = origin.content if origin is not None else None
    line = next((item for item in content.items if item.id == admission.item_id), None) if content else None
    if origin is None or line is None or not 1 <= admission.unit <= line.quantity or _seat_id(line) != seat_id:
        raise OriginGoneError
    if origin.status is not OrderStatus.CONFIRMED or is_disputed(origin) or unit in units_gone(refunds):
        raise OriginGoneError
    match line:
        case SeatLine():
            return Root(admission, line.reservation_id, line.plan_id), line
        case PlacesLine():
            return Root(admission, line.reservation_id, None), line
        case ResaleLine():
            return line.root, line


def units_over(order: Order, refunds: Iterable[OrderRefund], passed_on: Set[Unit]) -> frozenset[Unit]:
    """Return which admissions of a sold order went back to the public from the order itself.

    All that it had, once it has ended.
    """
    if order.status is OrderStatus.CONFIRMED or order.content is None:
        return units_returned(refunds) - passed_on
    return frozenset((item.id, n) for item in order.content.items for n in range(1, item.quantity + 1)) - passed_on


def _seat_id(line: OrderLine) -> SeatId | None:
    seat = seat_of(line)
    return seat.seat_id if seat else None

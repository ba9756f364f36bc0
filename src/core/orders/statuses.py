"""The status machine of an order: one table, total over every status and every change."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core.orders.errors import ForbiddenTransitionError


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "PENDING"
    """Recorded, before everything is reserved."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    """Paid, and all of it is sold to it."""

    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Change(StrEnum):
    """What can happen to an order."""

    AWAIT_PAYMENT = "await payment"
    CONFIRM = "be confirmed"
    CANCEL = "be cancelled"
    EXPIRE = "expire"
    REFUND = "be refunded"


TRANSITIONS: Mapping[OrderStatus, Mapping[Change, OrderStatus | None]] = MappingProxyType(
    {
        OrderStatus.PENDING: {
            Change.AWAIT_PAYMENT: OrderStatus.AWAITING_PAYMENT,
            Change.CONFIRM: None,
            Change.CANCEL: OrderStatus.CANCELLED,
            Change.EXPIRE: OrderStatus.EXPIRED,
            Change.REFUND: None,
        },
        OrderStatus.AWAITING_PAYMENT: {
            Change.AWAIT_PAYMENT: None,
            Change.CONFIRM: OrderStatus.CONFIRMED,
            Change.CANCEL: OrderStatus.CANCELLED,
            Change.EXPIRE: OrderStatus.EXPIRED,
            # The money went back before the news of the payment came.
            Change.REFUND: OrderStatus.CANCELLED,
        },
        OrderStatus.CONFIRMED: {
            Change.AWAIT_PAYMENT: None,
            Change.CONFIRM: None,
            Change.CANCEL: None,
            Change.EXPIRE: None,
            Change.REFUND: OrderStatus.CANCELLED,
        },
        # Money that comes late confirms an ended order when its very seats and places are still free.
        OrderStatus.CANCELLED: {
            Change.AWAIT_PAYMENT: None,
            Change.CONFIRM: OrderStatus.CONFIRMED,
            Change.CANCEL: None,
            Change.EXPIRE: None,
            Change.REFUND: OrderStatus.CANCELLED,
        },
        OrderStatus.EXPIRED: {
            Change.AWAIT_PAYMENT: None,
            Change.CONFIRM: OrderStatus.CONFIRMED,
            Change.CANCEL: None,
            Change.EXPIRE: None,
            Change.REFUND: OrderStatus.EXPIRED,
        },
    }
)
"""What each change makes of each status; None where the change is refused."""

LIVE = frozenset({OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT, OrderStatus.CONFIRMED})
"""Of one buyer's orders for one reservation at most one has such a status."""

UNPAID = frozenset({OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT})
"""Orders that end by themselves when their time is over."""


def next_status(status: OrderStatus, change: Change) -> OrderStatus:
    """Return what the change makes of the status; raises ForbiddenTransitionError where the table has none."""
    after = TRANSITIONS[status][change]
    if after is None:
        raise ForbiddenTransitionError(status.value, change.value)
    return after

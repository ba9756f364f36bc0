"""The machine of an order: where it stands with its buyer and with the money, and one table of all that moves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import override

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


class RefundState(StrEnum):
    """How far giving the money back has come. Once it is due, the order is never confirmed any more."""

    DUE = "due"
    ASKED = "asked"
    DONE = "done"


class Change(StrEnum):
    """What can happen to an order."""

    AWAIT_PAYMENT = "await payment"
    CONFIRM = "be confirmed"
    CANCEL = "be cancelled"
    EXPIRE = "expire"
    CALL_OFF = "be called off"
    GIVE_ALL_BACK = "have its last item given back"
    OWE = "owe a refund"
    ASK_REFUND = "ask for its refund"
    REFUND = "be refunded"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of the machine; `refund` is None while no money has to go back."""

    status: OrderStatus
    refund: RefundState | None = None

    @override
    def __str__(self) -> str:
        return self.status.value if self.refund is None else f"{self.status.value} with its refund {self.refund.value}"


PENDING = Standing(OrderStatus.PENDING)
AWAITING = Standing(OrderStatus.AWAITING_PAYMENT)
CONFIRMED = Standing(OrderStatus.CONFIRMED)
CANCELLED = Standing(OrderStatus.CANCELLED)
EXPIRED = Standing(OrderStatus.EXPIRED)
CANCELLED_OWING, CANCELLED_ASKED, CANCELLED_REFUNDED = (Standing(OrderStatus.CANCELLED, each) for each in RefundState)
EXPIRED_OWING, EXPIRED_ASKED, EXPIRED_REFUNDED = (Standing(OrderStatus.EXPIRED, each) for each in RefundState)

TRANSITIONS: Mapping[Standing, Mapping[Change, Standing]] = MappingProxyType(
    {
        PENDING: {
            Change.AWAIT_PAYMENT: AWAITING,
            Change.CANCEL: CANCELLED,
            Change.EXPIRE: EXPIRED,
            # Money came before anything was reserved.
            Change.OWE: CANCELLED_OWING,
        },
        AWAITING: {
            Change.CONFIRM: CONFIRMED,
            Change.CANCEL: CANCELLED,
            Change.EXPIRE: EXPIRED,
            Change.OWE: CANCELLED_OWING,
            # The money went back before the news of the payment came.
            Change.REFUND: CANCELLED_REFUNDED,
        },
        CONFIRMED: {
            # It needed no payment by Stripe, so none goes back by it.
            Change.CALL_OFF: CANCELLED,
            # The money of the last item is on its way then.
            Change.GIVE_ALL_BACK: CANCELLED_ASKED,
            Change.REFUND: CANCELLED_REFUNDED,
        },
        # Money that comes late confirms an ended order when its seats and places, or as good ones, are there for it.
        CANCELLED: {
            Change.CONFIRM: CONFIRMED,
            Change.OWE: CANCELLED_OWING,
            Change.REFUND: CANCELLED_REFUNDED,
        },
        EXPIRED: {
            Change.CONFIRM: CONFIRMED,
            Change.OWE: EXPIRED_OWING,
            Change.REFUND: EXPIRED_REFUNDED,
        },
        CANCELLED_OWING: {Change.ASK_REFUND: CANCELLED_ASKED, Change.REFUND: CANCELLED_REFUNDED},
        EXPIRED_OWING: {Change.ASK_REFUND: EXPIRED_ASKED, Change.REFUND: EXPIRED_REFUNDED},
        CANCELLED_ASKED: {Change.REFUND: CANCELLED_REFUNDED},
        EXPIRED_ASKED: {Change.REFUND: EXPIRED_REFUNDED},
        CANCELLED_REFUNDED: {},
        EXPIRED_REFUNDED: {},
    }
)
"""Every standing that an order can have, and what each change makes of it; what is not here is refused."""

LIVE = frozenset({OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT, OrderStatus.CONFIRMED})
"""Of one buyer's orders for one reservation at most one has such a status."""

UNPAID = frozenset({OrderStatus.PENDING, OrderStatus.AWAITING_PAYMENT})
"""Orders that end by themselves when their time is over."""


def next_standing(standing: Standing, change: Change) -> Standing:
    """Return what the change makes of an order; raises ForbiddenTransitionError where the table has nothing."""
    after = TRANSITIONS.get(standing, {}).get(change)
    if after is None:
        raise ForbiddenTransitionError(str(standing), change.value)
    return after

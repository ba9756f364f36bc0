"""A refund of an order: which admissions go back, how much money, and how far it has come."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from core.orders.content import OrderContent
from core.orders.errors import RefundNotRetryableError
from core.orders.refund_policy import RefundReason, RefundRule
from core.orders.shares import Unit
from core.shared.ids import AccountId, OrderId, OrderItemId, RefundId, TicketId
from core.shared.money import Money, total

REFUNDS_MAX = 200
"""Of one order."""

RETRY_S = 30


class RefundStatus(StrEnum):
    """REQUESTED until it is known whether the money went back.

    FAILED money is owed: it is tried again, and may succeed yet. What was REFUSED is not owed, and can be asked anew.
    """

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """Admissions of one item that go back; `units` are counted from 1 within the item, and a seat is its only one."""

    item_id: OrderItemId
    units: tuple[int, ...]

    @property
    def quantity(self) -> int:
        return len(self.units)


@dataclass(frozen=True, slots=True)
class TicketVerdict:
    """What applied to the items of one ticket: how many days were left, which rule (None for none), and how much."""

    ticket_id: TicketId
    title: str
    days_left: int
    rule: RefundRule | None
    percent_basis_points: int
    why: str


@dataclass(frozen=True, slots=True)
class ReckoningStep:
    """One step of the arithmetic: what it is, and the amount that it adds, takes off or comes to."""

    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a refund is as large as it is."""

    tickets: tuple[TicketVerdict, ...]
    fees_refundable: bool
    steps: tuple[ReckoningStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefund:
    """Money that goes back for an order, recorded before anybody is asked for it.

    Without `items` the seats stay. `accepted_at` is when the money was on its way: from then on the items are back
    with the public, even if the money should come back unpaid later; then the debt stands, and is tried again.
    `due_at` is when the sweep asks for the money (again), None when there is nothing to ask. `by` is whoever asked for
    it, and `by_staff` says that it was not the buyer. `version` starts at 1 and grows by one with each change.
    """

    id: RefundId
    order_id: OrderId
    items: tuple[ReturnedItem, ...]
    amount: Money
    reason: RefundReason
    note: str
    by: AccountId
    by_staff: bool
    explanation: Explanation
    requested_at: datetime
    due_at: datetime | None
    status: RefundStatus = RefundStatus.REQUESTED
    failure: str | None = None
    accepted_at: datetime | None = None
    settled_at: datetime | None = None
    version: int = 1

    @property
    def counts(self) -> bool:
        """Whether its items and its money are gone from the order, or are to go."""
        return self.status is not RefundStatus.REFUSED

    @property
    def units(self) -> frozenset[Unit]:
        return frozenset((item.item_id, unit) for item in self.items for unit in item.units)

    def accept(self, *, now: datetime) -> Self:
        """The money is on its way; repeating it changes nothing."""
        if self.accepted_at is not None and self.due_at is None:
            return self
        return replace(self, version=self.version + 1, accepted_at=self.accepted_at or now, due_at=None)

    def succeed(self, *, now: datetime) -> Self:
        """The money went back, be it after it had seemed to fail."""
        if self.status is RefundStatus.SUCCEEDED:
            return self
        return replace(
            self,
            version=self.version + 1,
            status=RefundStatus.SUCCEEDED,
            failure=None,
            accepted_at=self.accepted_at or now,
            settled_at=now,
            due_at=None,
        )

    def fail(self, failure: str, *, now: datetime) -> Self:
        """The money did not go back, or came back to us later."""
        if self.status is RefundStatus.FAILED:
            return self
        return replace(
            self, version=self.version + 1, status=RefundStatus.FAILED, failure=failure, settled_at=now, due_at=None
        )

    def refuse(self, failure: str, *, now: datetime) -> Self:
        """Payments would not give the money back: nothing has changed for the buyer, unless the items are back."""
        if self.accepted_at is not None:
            return self.fail(failure, now=now)
        status = RefundStatus.REFUSED
        return replace(self, version=self.version + 1, status=status, failure=failure, settled_at=now, due_at=None)

    def wait(self, *, now: datetime) -> Self:
        """Nobody could be asked: the sweep tries again later."""
        return replace(self, version=self.version + 1, due_at=now + timedelta(seconds=RETRY_S))

    def retry(self, *, now: datetime) -> Self:
        """Ask for the money once more; raises RefundNotRetryableError."""
        if self.status is not RefundStatus.FAILED:
            raise RefundNotRetryableError("Only a refund that failed is tried again.")
        return replace(
            self, version=self.version + 1, status=RefundStatus.REQUESTED, failure=None, settled_at=None, due_at=now
        )


def units_gone(refunds: Iterable[OrderRefund]) -> frozenset[Unit]:
    """Return the admissions that were refunded, or are being refunded."""
    return frozenset(unit for refund in refunds if refund.counts for unit in refund.units)


def units_returned(refunds: Iterable[OrderRefund]) -> frozenset[Unit]:
    """Return the admissions that are back with the public."""
    return frozenset(unit for refund in refunds if refund.accepted_at is not None for unit in refund.units)


def money_left(content: OrderContent, refunds: Iterable[OrderRefund]) -> Money:
    """Return how much of what was paid has not gone back, and is not on its way back."""
    return total((content.total, *(refund.amount * -1 for refund in refunds if refund.counts)))


def all_returned(content: OrderContent, refunds: Iterable[OrderRefund], passed_on: Set[Unit] = frozenset()) -> bool:
    """Whether no admission of the order is left; one that was resold is left with somebody else, and so stays."""
    return len(units_returned(refunds) - passed_on) == content.admissions

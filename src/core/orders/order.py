"""The order, from the first record of it to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.orders.box_office import BoxOfficeSale, Settlement
from core.orders.contact import Contact
from core.orders.content import OrderContent
from core.orders.errors import (
    EmptyOrderError,
    ForbiddenTransitionError,
    OrderAlreadyPaidError,
    OrderEndedError,
    OrderExpiredError,
    OrderNotPayableError,
    TooManyPaymentTriesError,
)
from core.orders.history import HistoryEntry, Step
from core.orders.other_seats import OtherSeats
from core.orders.refund_policy import DEFAULT_POLICY, RefundPolicy
from core.orders.reservations import OrderedReservation, ReservationKind, must_be_distinct, must_go_together
from core.orders.statuses import LIVE, TRANSITIONS, UNPAID, Change, OrderStatus, RefundState, Standing, next_standing
from core.orders.terms import OrderTerms
from core.shared.ids import AccountId, OrderId, ReservationId
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class Order:
    """One buyer's order for what its reservations keep, all of it or nothing.

    `expires_at` is until when it may be paid. `due_at` is when the sweep looks at it next: for an unpaid order not
    before `expires_at`, for one that needs no payment as soon as everything is reserved, for one with a refund due when
    asking for it is tried again, for one that has ended while money may come for it or has just come, and None for all
    others. `version` starts at 1 and grows by one with each change; `content` is None until everything is reserved.
    `sale` is there for an order of the box office. With `accept_other_seats` the buyer will have seats that are as good
    if the money comes so late that the ordered ones have gone.

    `refund_policy` is that of the moment when the order was placed, whatever the organisation changes later.

    Raises ValueError for a status and a refund that the machine of orders does not know together.
    """

    id: OrderId
    account_id: AccountId
    reservations: tuple[OrderedReservation, ...]
    contact: Contact | None
    status: OrderStatus
    content: OrderContent | None
    refund: RefundState | None
    version: int
    placed_at: datetime
    updated_at: datetime
    expires_at: datetime
    due_at: datetime | None
    history: tuple[HistoryEntry, ...]
    sale: BoxOfficeSale | None = None
    accept_other_seats: bool = False
    refund_policy: RefundPolicy = DEFAULT_POLICY

    def __post_init__(self) -> None:
        if self.standing not in TRANSITIONS:
            raise ValueError(f"an order cannot be {self.standing}")

    @classmethod
    def place(
        cls,
        order_id: OrderId,
        *,
        account_id: AccountId,
        reservations: Sequence[OrderedReservation],
        contact: Contact | None,
        now: datetime,
        terms: OrderTerms,
        sale: BoxOfficeSale | None = None,
        accept_other_seats: bool = False,
    ) -> Self:
        """Return a new order that is PENDING: nothing is reserved for it yet.

        Raises DuplicateReservationError, ResaleApartError, and EmptyOrderError for no reservation at all.
        """
        if not reservations:
            raise EmptyOrderError
        must_be_distinct(reservations)
        must_go_together(reservations)
        expires_at = terms.expiry(placed_at=now)
        return cls(
            id=order_id,
            account_id=account_id,
            reservations=tuple(reservations),
            contact=contact,
            status=OrderStatus.PENDING,
            content=None,
            refund=None,
            version=1,
            placed_at=now,
            updated_at=now,
            expires_at=expires_at,
            due_at=expires_at,
            history=(HistoryEntry(now, Step.PLACED, _told(sale)),),
            sale=sale,
            accept_other_seats=accept_other_seats,
        )

    def under(self, policy: RefundPolicy) -> Self:
        """Return the new order under the refund policy of its organisation."""
        return replace(self, refund_policy=policy)

    @property
    def standing(self) -> Standing:
        return Standing(self.status, self.refund)

    @property
    def may_be_paid(self) -> bool:
        """Whether money can have come or be on its way: a payment was started, or money is known to have come."""
        return any(entry.step in {Step.PAYMENT_STARTED, Step.PAID_LATE} for entry in self.history)

    @property
    def refund_reason(self) -> str:
        """Why the money is to go back; empty for an order that owes none."""
        return next((entry.detail for entry in reversed(self.history) if entry.step is Step.REFUND_DUE), "")

    @property
    def is_resale(self) -> bool:
        """Whether the order is for passes that others had; then it is for nothing else."""
        return any(reservation.kind is ReservationKind.RESALE for reservation in self.reservations)

    @property
    def reservation_ids(self) -> tuple[ReservationId, ...]:
        return tuple(reservation.id for reservation in self.reservations)

    @property
    def total(self) -> Money | None:
        """What the buyer pays, all in; None before everything is reserved."""
        return self.content.total if self.content else None

    @property
    def is_uncharged(self) -> bool:
        """Whether no payment by Stripe is needed: there is nothing to pay, or the box office settles it."""
        return self.sale is not None or (self.content is not None and self.content.total.amount_minor == 0)

    @property
    def is_gift(self) -> bool:
        """Whether the organiser gives it away; somebody who resells a pass for nothing is not the organiser."""
        if self.sale is not None and self.sale.settlement is Settlement.COMPLIMENTARY:
            return True
        return not self.is_resale and self.content is not None and self.content.total.amount_minor == 0

    @property
    def cash_taken(self) -> Money | None:
        """What the box office took by hand for a confirmed order."""
        return self.total if self._is_for_cash and self.status is OrderStatus.CONFIRMED else None

    @property
    def cash_to_return(self) -> Money | None:
        """What was taken by hand for an order that was called off, and is to be given back by hand."""
        return self.total if any(entry.step is Step.CASH_TO_RETURN for entry in self.history) else None

    def is_due(self, now: datetime) -> bool:
        """Whether the sweep has something to do; an order ends exactly at its time."""
        return self.due_at is not None and now >= self.due_at

    def await_payment(self, content: OrderContent, *, now: datetime) -> Self:
        """Put in what was reserved, with its prices; what needs no payment is for the sweep at once."""
        waiting = replace(self._moved(Change.AWAIT_PAYMENT, Step.RESERVED, now=now), content=content)
        return replace(waiting, due_at=now) if waiting.is_uncharged else waiting

    def refuse(self, reason: str, *, now: datetime) -> Self:
        """End the order, since not everything could be reserved, or not sold although nothing had to be paid."""
        return replace(self._moved(Change.CANCEL, Step.RESERVATION_REFUSED, detail=reason, now=now), due_at=None)

    def payable_content(self, *, now: datetime, terms: OrderTerms) -> OrderContent:
        """Return what is to be paid.

        Raises OrderNotPayableError unless the order awaits a payment by Stripe, OrderExpiredError once its time has
        come, and TooManyPaymentTriesError.
        """
        if self.is_uncharged:
            raise OrderNotPayableError("There is nothing to pay for this order.")
        if self.status is OrderStatus.EXPIRED:
            raise OrderExpiredError
        if self.status is OrderStatus.CONFIRMED:
            raise OrderAlreadyPaidError
        if self.status is not OrderStatus.AWAITING_PAYMENT or self.content is None:
            raise OrderNotPayableError(f"The order is {self.status.value}; it does not await a payment.")
        if now >= self.expires_at:
            raise OrderExpiredError
        if sum(entry.step is Step.PAYMENT_STARTED for entry in self.history) >= terms.payment_tries_max:
            raise TooManyPaymentTriesError
        return self.content

    def start_payment(self, method: str, *, now: datetime, terms: OrderTerms) -> Self:
        """Protect the order from expiry while the buyer pays, up to its ceiling; raises as `payable_content`."""
        self.payable_content(now=now, terms=terms)
        expires_at = max(self.expires_at, terms.protection(placed_at=self.placed_at, now=now))
        changed = self._changed(Step.PAYMENT_STARTED, detail=method, now=now)
        return replace(changed, expires_at=expires_at, due_at=expires_at)

    def ask_again(self, at: datetime, *, now: datetime) -> Self:
        """Let the sweep look again later, because Stripe has not decided or could not be asked."""
        return replace(self, due_at=at, updated_at=now, version=self.version + 1)

    def settle_late(self, at: datetime, *, now: datetime) -> Self:
        """Note once that money came for an order that had ended; the sweep sees to it at `at` if nobody did before."""
        if self.status in LIVE or self.refund is not None or any(e.step is Step.PAID_LATE for e in self.history):
            return self
        return replace(self._changed(Step.PAID_LATE, now=now), due_at=at)

    def confirm(self, *, reclaimed: bool, now: datetime, others: Sequence[OtherSeats] = ()) -> Self:
        """The money is there and everything is sold to the order, be it late; refused once a refund is due.

        `others` are seats in the place of some that had gone: the items get them, at the prices that were paid. One
        that needs no payment is confirmed while it is live: there is no money that could come late.
        """
        content, reservations, told = self.content, self.reservations, self.history
        ended = self.is_uncharged and self.status is not OrderStatus.AWAITING_PAYMENT
        if content is None or ended:
            raise ForbiddenTransitionError(str(self.standing), Change.CONFIRM.value)
        for each in others:
            told = (*told, HistoryEntry(now, Step.OTHER_SEATS, each.told(content)))
            content, reservations = each.put_into(content), each.put_among(reservations)
        steps = (Step.SEATS_RECLAIMED, Step.CONFIRMED) if reclaimed else (Step.CONFIRMED,)
        how = ""
        if self.is_uncharged:
            how = f"{content.total} taken in cash" if self._is_for_cash else "nothing to pay"
        moved = self._moved(Change.CONFIRM, *steps, detail=how, now=now)
        history = (*told, *moved.history[len(self.history) :])
        return replace(moved, content=content, reservations=reservations, history=history, due_at=None)

    def cancel(self, *, now: datetime) -> Self:
        """End the unpaid order at the wish of its buyer or the staff."""
        return replace(self._moved(Change.CANCEL, Step.CANCELLED, now=now), due_at=None)

    def call_off(self, by: AccountId, *, now: datetime) -> Self:
        """End a confirmed order that needed no payment: what was sold goes back, and cash is returned by hand."""
        if not self.is_uncharged or self.status is not OrderStatus.CONFIRMED:
            raise ForbiddenTransitionError(str(self.standing), Change.CALL_OFF.value)
        told = f"{self.total} is to be returned by hand; by {by}" if self._is_for_cash else f"by {by}"
        steps = (Step.CASH_TO_RETURN, Step.CANCELLED) if self._is_for_cash else (Step.CANCELLED,)
        return replace(self._moved(Change.CALL_OFF, *steps, detail=told, now=now), due_at=None)

    def must_be_cancellable(self) -> None:
        """Raise OrderAlreadyPaidError or OrderEndedError where there is nothing left to cancel."""
        if self.status is OrderStatus.CONFIRMED:
            raise OrderAlreadyPaidError
        if self.status not in UNPAID:
            raise OrderEndedError(self.status.value)

    def expire(self, *, now: datetime, ask_again_at: datetime | None = None) -> Self:
        """End the order because its time is over; `ask_again_at` is None if no money can come any more."""
        return replace(self._moved(Change.EXPIRE, Step.EXPIRED, now=now), due_at=ask_again_at)

    def lay_down(self, *, now: datetime) -> Self:
        """Nothing is left to be done about the order, since no money will come for it."""
        return replace(self, due_at=None, updated_at=now, version=self.version + 1)

    def owe_refund(self, reason: str, *, now: datetime) -> Self:
        """Money was taken, and not everything is there for it: the order ends, and the money is to go back."""
        ends = (Step.CANCELLED,) if self.status in UNPAID else ()
        return replace(self._moved(Change.OWE, Step.REFUND_DUE, *ends, detail=reason, now=now), due_at=now)

    def refund_asked(self, *, now: datetime) -> Self:
        """The refund is on its way; the news that it was made comes later."""
        if self.refund is not RefundState.DUE:
            return self
        return replace(self._moved(Change.ASK_REFUND, Step.REFUND_ASKED, now=now), due_at=None)

    def refunded(self, reason: str, *, now: datetime) -> Self:
        """All the money went back, whoever asked for it; an order that was live ends."""
        if self.refund is RefundState.DONE:
            return self
        return replace(self._moved(Change.REFUND, Step.REFUNDED, detail=reason, now=now), due_at=None)

    @property
    def _is_for_cash(self) -> bool:
        return self.sale is not None and self.sale.settlement is Settlement.CASH

    def noted(self, step: Step, detail: str, *, now: datetime) -> Self:
        """Tell of a refund in the history; nothing else changes."""
        return self._changed(step, detail=detail, now=now)

    def all_returned(self, detail: str, *, now: datetime) -> Self:
        """The last of its items is with the public again, and the money on its way: the order ends."""
        return replace(self._moved(Change.GIVE_ALL_BACK, Step.ITEMS_RETURNED, detail=detail, now=now), due_at=None)

    def _moved(self, change: Change, *steps: Step, now: datetime, detail: str = "") -> Self:
        after = next_standing(self.standing, change)
        return replace(self._changed(*steps, detail=detail, now=now), status=after.status, refund=after.refund)

    def _changed(self, *steps: Step, now: datetime, detail: str = "") -> Self:
        entries = tuple(HistoryEntry(now, step, detail) for step in steps)
        return replace(self, history=(*self.history, *entries), updated_at=now, version=self.version + 1)


def _told(sale: BoxOfficeSale | None) -> str:
    return f"box office, {sale.settlement.value}" if sale else ""

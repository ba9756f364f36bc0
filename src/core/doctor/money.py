"""Payments beside their orders and their books: money taken means seats or a refund, and every movement balances."""

from collections.abc import Iterator
from datetime import datetime

from core.doctor.facts import OrderFacts, PaymentFacts
from core.doctor.findings import Drift, Finding, ids
from core.doctor.repairs import SettlePayment

_TAKEN = frozenset({"SUCCEEDED", "MISMATCHED"})
_PAID = frozenset({"SUCCEEDED", "REFUNDED"})


def books_of(payment: PaymentFacts) -> Iterator[Finding]:
    """Yield where the ledger is wrong in itself, or says something else than the payment."""
    named = ids(payment=payment.payment_id, order=payment.key.id)
    if payment.unbalanced:
        yield Finding(
            kind=Drift.LEDGER_UNBALANCED,
            key=payment.key,
            ids=named,
            since=payment.touched_at,
            cause=f"{payment.unbalanced} movements of its ledger do not add up to nothing.",
            staff="Nothing of Fairseat's writes such rows: find out who did, and restore the ledger from a backup.",
        )
    told = (payment.received_minor, payment.owed_back_minor, payment.refunds_minor)
    booked = (payment.captured_minor, payment.booked_back_minor, payment.refunded_minor)
    if told != booked:
        yield Finding(
            kind=Drift.LEDGER_CONTRADICTS_PAYMENT,
            key=payment.key,
            ids=named,
            since=payment.touched_at,
            cause=(
                f"{told[0]} came and {booked[0]} are booked; {told[1]} are marked as booked back and {booked[1]} are; "
                f"refunds are {told[2]}, and the payment counts {booked[2]}."
            ),
            staff="Compare the day with Stripe (`fairseat reconcile --day …`), and correct the books with accounting.",
        )


def money_of(payment: PaymentFacts, order: OrderFacts | None) -> Iterator[Finding]:
    """Yield money that is here and is for nothing, and money that went back unheard."""
    named = ids(payment=payment.payment_id, order=payment.key.id)
    since = payment.touched_at if order is None else max(payment.touched_at, order.touched_at)
    if payment.status in _TAKEN and payment.kept_minor > 0 and not _is_for_something(order):
        yield Finding(
            kind=Drift.MONEY_WITHOUT_ORDER,
            key=payment.key,
            ids=named,
            since=since,
            cause=f"{payment.kept_minor} {payment.currency} (minor units) are here, and the order is {_told(order)}.",
            repair=_settled(payment, order),
            staff="Look at the order's refunds: retry one that failed, or refund the payment by hand.",
        )
    if payment.status == "REFUNDED" and order is not None and order.is_confirmed and _is_unheard(order):
        yield Finding(
            kind=Drift.REFUND_WITHOUT_ORDER,
            key=payment.key,
            ids=named,
            since=since,
            cause="All the money went back, and the order is confirmed as if it was paid.",
            staff="Decide whether the buyer keeps the seats; if not, cancel the order's items.",
        )


def payment_of(order: OrderFacts, payment: PaymentFacts | None, *, now: datetime) -> Iterator[Finding]:
    """Yield a confirmed order that nobody paid, and one whose time is over and that nobody ended."""
    named = ids(order=order.key.id, payment=payment.payment_id if payment is not None else None)
    if order.is_confirmed and order.charged and (payment is None or payment.status not in _PAID):
        standing = payment.status if payment is not None else "not there"
        yield Finding(
            kind=Drift.ORDER_NOT_PAID,
            key=order.key,
            ids=named,
            since=order.touched_at if payment is None else max(order.touched_at, payment.touched_at),
            cause=f"The order is confirmed, and its payment is {standing}.",
            staff="Look the payment up at Stripe; if no money came, cancel the order's items.",
        )
    if order.is_unpaid and now >= order.expires_at:
        yield Finding(
            kind=Drift.ORDER_STUCK,
            key=order.key,
            ids=named,
            since=max(order.touched_at, order.expires_at),
            cause=f"The order's time is over, and it is still {order.status}: no worker has ended it.",
            staff="See that `fairseat worker` runs and reaches Stripe: it ends the order, or waits for Stripe's word.",
        )


def _is_for_something(order: OrderFacts | None) -> bool:
    """Whether the money is for places, or was kept by the rules of refunds, or is being given back."""
    if order is None:
        return False
    return order.is_confirmed or order.all_returned or order.has_resold


def _settled(payment: PaymentFacts, order: OrderFacts | None) -> SettlePayment | None:
    """Return the news that orders have missed; once they have decided, a refund that failed is for staff."""
    if payment.status != "SUCCEEDED" or order is None or order.refund is not None:
        return None
    return SettlePayment(payment.key.id, payment.payment_id, payment.received_minor, payment.currency)


def _is_unheard(order: OrderFacts) -> bool:
    """Whether orders do not know where the money went: refunds of theirs say by themselves what they give back."""
    return order.refund is None and order.refunded_minor < order.total_minor


def _told(order: OrderFacts | None) -> str:
    if order is None:
        return "not there"
    return order.status if order.refund is None else f"{order.status} with its refund {order.refund}"

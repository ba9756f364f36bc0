"""What a change of refunds is, and what every such change has to respect."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.payments.errors import RefundTooLargeError
from core.payments.ledger import Posting
from core.payments.payment import Payment
from core.payments.record import PaymentRecord, RecordDetail, RecordKind
from core.payments.refund import Refund, RefundStatus
from core.shared.money import Money

REFUNDED_ELSEWHERE = "refunded at the provider"
"""The reason of a refund that was not asked for through Fairseat."""

UNSENT_CHECK_AFTER_S = 120
"""How long a refund may wait for the provider's answer before it is asked again."""

PENDING_CHECK_AFTER_S = 3_600
"""How long the provider may say nothing new about a refund that it has; banks take days."""

RETRIES_AFTER_S = (300, 3_600, 21_600, 86_400)
"""After which time a failed refund is tried again by itself; from the last on as often as that, and staff see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundsChange:
    """A payment as it is to be stored with its new or changed refunds, in this order, and what to book and to tell.

    `settled` are those of them that just succeeded or failed; `whole_first` says that all that was received has now
    gone back, and never had before.
    """

    payment: Payment
    refunds: tuple[Refund, ...]
    records: tuple[PaymentRecord, ...] = ()
    postings: tuple[Posting, ...] = ()
    settled: tuple[Refund, ...] = ()
    whole_first: bool = False


def record_of(kind: RecordKind, refund: Refund, movement_minor: int) -> PaymentRecord:
    """Return the line of the audit trail for what happened to a refund."""
    detail: RecordDetail = {
        "refund_id": str(refund.id),
        "provider_id": refund.provider_id,
        "amount_minor": refund.amount.amount_minor,
        "attempt": refund.attempt,
        "reason": refund.reason,
        "failure": refund.failure,
    }
    return PaymentRecord(kind, movement_minor, refund.amount.currency, detail)


def next_check_at(refund: Refund, *, now: datetime) -> datetime | None:
    """Return when the refund is looked at again: a failed one is tried again and again, unless it was not ours."""
    match refund.status:
        case RefundStatus.SUCCEEDED:
            return None
        case RefundStatus.PENDING:
            return now + timedelta(seconds=PENDING_CHECK_AFTER_S)
        case RefundStatus.FAILED:
            if refund.reason == REFUNDED_ELSEWHERE:
                return None
            return now + timedelta(seconds=RETRIES_AFTER_S[min(refund.attempt, len(RETRIES_AFTER_S)) - 1])


def weighed(payment: Payment, before: Refund | None, after: Refund) -> Payment:
    """Return the payment with what a new or changed refund takes of it, or gives back."""
    weight = sum(sign * one.amount.amount_minor for sign, one in ((1, after), (-1, before)) if one and one.weighs)
    return replace(payment, refunded_minor=payment.refunded_minor + weight)


def must_fit(payment: Payment, amount: Money) -> None:
    """Raise RefundTooLargeError when less is left of what was received."""
    if amount.amount_minor > payment.refundable_minor:
        left = Money(payment.refundable_minor, amount.currency)
        raise RefundTooLargeError(f"{amount} cannot go back from payment {payment.id}: {left} is left of it.")

"""How money is given back: asked for, tried again, refused. What becomes of it is in refunds_seen."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.payments.errors import NotRefundableError, RefundConflictError, RefundNotFailedError
from core.payments.payment import CAPTURED, Payment
from core.payments.record import RecordKind
from core.payments.refund import Refund, RefundStatus
from core.payments.refunds_change import (
    PENDING_CHECK_AFTER_S,
    UNSENT_CHECK_AFTER_S,
    RefundsChange,
    must_fit,
    next_check_at,
    record_of,
    weighed,
)
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import RefundId
from core.shared.money import Money


def ask_refund(
    payment: Payment, *, refund_id: RefundId, amount_minor: int | None, reason: str, now: datetime
) -> RefundsChange:
    """Note that money must go back, before the provider is told; None for the amount means all that is left.

    Raises NotRefundableError when no money came or none is left, RefundTooLargeError, and InvalidInputError for an
    amount that is not positive.
    """
    received = payment.received
    if payment.status not in CAPTURED or received is None or (amount_minor is None and payment.refundable_minor <= 0):
        raise NotRefundableError(f"Payment {payment.id} has no money that could be given back.")
    amount = Money(payment.refundable_minor if amount_minor is None else amount_minor, received.currency)
    if amount.amount_minor <= 0:
        message = "There is nothing to give back."
        raise InvalidInputError(message, [Problem("/amount", message)])
    must_fit(payment, amount)
    refund = Refund(
        id=refund_id,
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        amount=amount,
        reason=reason,
        status=RefundStatus.PENDING,
        provider_id=None,
        failure=None,
        attempt=1,
        booked=False,
        check_at=now + timedelta(seconds=UNSENT_CHECK_AFTER_S),
        created_at=now,
        updated_at=now,
        all_left=amount_minor is None,
    )
    asked = replace(payment, refund_reason=reason, updated_at=now)
    return RefundsChange(
        payment=weighed(asked, None, refund),
        refunds=(refund,),
        records=(record_of(RecordKind.REFUND_ASKED, refund, 0),),
    )


def must_be_same(refund: Refund, payment: Payment, *, amount_minor: int | None) -> None:
    """Raise RefundConflictError unless the refund is what is asked for again; None fits any amount."""
    if refund.payment_id != payment.id or amount_minor not in {None, refund.amount.amount_minor}:
        raise RefundConflictError(f"Refund {refund.id} is one over {refund.amount} already.")


def retry_refund(payment: Payment, refund: Refund, *, now: datetime, as_far_as_there_is: bool = False) -> RefundsChange:
    """Begin the next try of a failed refund.

    A refund of all that is left is over what is left by now: a part may have gone back in the provider's own pages.
    So is any other with `as_far_as_there_is`, when nobody has a claim on what is left but its buyer.

    Raises RefundNotFailedError, RefundTooLargeError when its money went back by another refund meanwhile, and with
    `as_far_as_there_is` NotRefundableError when nothing is left.
    """
    if refund.status is not RefundStatus.FAILED:
        raise RefundNotFailedError(f"Refund {refund.id} is {refund.status.value}; only a failed one is tried again.")
    amount = refund.amount
    if as_far_as_there_is and payment.refundable_minor <= 0:
        raise NotRefundableError(f"Nothing is left of payment {payment.id} that could be given back.")
    if (refund.all_left or as_far_as_there_is) and 0 < payment.refundable_minor < amount.amount_minor:
        amount = Money(payment.refundable_minor, amount.currency)
    must_fit(payment, amount)
    again = replace(
        refund,
        amount=amount,
        status=RefundStatus.PENDING,
        provider_id=None,
        attempt=refund.attempt + 1,
        booked=False,
        check_at=now + timedelta(seconds=UNSENT_CHECK_AFTER_S),
        updated_at=now,
    )
    return RefundsChange(
        payment=weighed(replace(payment, updated_at=now), refund, again),
        refunds=(again,),
        records=(record_of(RecordKind.REFUND_ASKED, again, 0),),
    )


def refuse_refund(
    payment: Payment, refund: Refund, *, attempt: int, failure: str, now: datetime
) -> RefundsChange | None:
    """Note that the provider refused to make the refund of this attempt; None when that is no news any more."""
    if (refund.status, refund.attempt, refund.provider_id) != (RefundStatus.PENDING, attempt, None):
        return None
    failed = replace(refund, status=RefundStatus.FAILED, failure=failure, updated_at=now)
    failed = replace(failed, check_at=next_check_at(failed, now=now))
    return RefundsChange(
        payment=weighed(replace(payment, updated_at=now), refund, failed),
        refunds=(failed,),
        records=(record_of(RecordKind.REFUND_FAILED, failed, 0),),
        settled=(failed,),
    )


def put_off(refund: Refund, *, now: datetime) -> Refund:
    """Return the refund with a later moment to look at it, so that two sweeps do not do so at once."""
    known = refund.status is RefundStatus.PENDING and refund.provider_id is not None
    return replace(refund, check_at=now + timedelta(seconds=PENDING_CHECK_AFTER_S if known else UNSENT_CHECK_AFTER_S))

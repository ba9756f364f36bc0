"""How a payment changes: pure functions from a payment, and what the provider says, to a change or None."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from core.payments.destination import Destination
from core.payments.errors import (
    AlreadyPaidError,
    ForeignIntentError,
    PaymentClosedError,
    PaymentConflictError,
    TooManyAttemptsError,
)
from core.payments.intent import Decline, Intent, IntentStatus
from core.payments.ledger import Posting, capture
from core.payments.payment import CAPTURED, OPEN, Payment, PaymentMethod, PaymentStatus
from core.payments.record import PaymentRecord, RecordDetail, RecordKind
from core.shared.ids import AccountId, OrderId, PaymentId, TenantId
from core.shared.money import Money

CHECK_AFTER_S = 120
"""How long a payment may be silent before the provider is asked about it."""

ATTEMPTS_MAX = 10
"""How many intents a payment has at most, one after the other: whoever tries stolen cards does not go on for ever."""


@dataclass(frozen=True, slots=True)
class Change:
    """A payment as it is to be stored, and what to add to its audit trail and to the ledger."""

    payment: Payment
    records: tuple[PaymentRecord, ...] = ()
    postings: tuple[Posting, ...] = ()


def open_payment(
    *,
    payment_id: PaymentId,
    tenant_id: TenantId,
    order_id: OrderId,
    account_id: AccountId,
    method: PaymentMethod,
    amount: Money,
    description: str,
    now: datetime,
    destination: Destination | None = None,
    escrow: bool = False,
) -> Change:
    """Open the payment of an order; no money moved, and the provider has not been asked yet."""
    payment = Payment(
        id=payment_id,
        tenant_id=tenant_id,
        order_id=order_id,
        account_id=account_id,
        method=method,
        amount=amount,
        description=description,
        status=PaymentStatus.PENDING,
        attempt=1,
        intent_id=None,
        received=None,
        closing=False,
        refund_reason=None,
        decline_id=None,
        check_at=now + timedelta(seconds=CHECK_AFTER_S),
        created_at=now,
        updated_at=now,
        destination=destination,
        escrow=escrow,
    )
    return Change(payment, (_attempted(payment),))


def try_again(
    payment: Payment,
    *,
    account_id: AccountId,
    amount: Money,
    now: datetime,
    method: PaymentMethod | None = None,
    destination: Destination | None = None,
    escrow: bool = False,
) -> Change | None:
    """Say what a new try to pay changes: None where the present intent serves, else the next attempt, by `method`.

    An attempt that was not named yet and would go to another account than `destination` serves no more: nobody was
    given its intent. One that was named has to be cancelled first, at the provider (`goes_elsewhere`, `is_declined`):
    so no two intents can ever be paid.

    Raises as `must_be_payable` does, and TooManyAttemptsError.
    """
    must_be_payable(payment, account_id=account_id, amount=amount, escrow=escrow)
    unnamed_and_elsewhere = payment.intent_id is None and goes_elsewhere(payment, destination)
    if payment.status is not PaymentStatus.CANCELLED and not unnamed_and_elsewhere:
        return None
    must_have_attempts_left(payment)
    again = _changed(payment, now=now, status=PaymentStatus.PENDING, attempt=payment.attempt + 1)
    again = replace(again, method=method or payment.method, intent_id=None, decline_id=None, destination=destination)
    return Change(again, (_attempted(again),))


def must_be_payable(payment: Payment, *, account_id: AccountId, amount: Money, escrow: bool = False) -> None:
    """Raise PaymentConflictError for another account or amount, PaymentClosedError when the order wants no money.

    Raises AlreadyPaidError once money came, even if it went back. What waits in escrow and what does not is a conflict
    too.
    """
    if payment.escrow is not escrow:
        raise PaymentConflictError(f"Order {payment.order_id} has a payment that is kept in another way already.")
    if payment.account_id != account_id or payment.amount != amount:
        raise PaymentConflictError(f"Order {payment.order_id} has a payment over {payment.amount} already.")
    if payment.status in CAPTURED or payment.status is PaymentStatus.REFUNDED:
        raise AlreadyPaidError(f"Order {payment.order_id} has been paid.")
    if payment.closing:
        raise PaymentClosedError(f"Order {payment.order_id} takes no payment any more.")


def give_up(payment: Payment, *, attempt: int, now: datetime) -> Change | None:
    """End an attempt that the provider refused to make; None when it was named after all, or is not the present one."""
    if payment.intent_id is not None or payment.attempt != attempt:
        return None
    return _cancelled(payment, now=now)


def goes_elsewhere(payment: Payment, destination: Destination | None) -> bool:
    """Tell whether the present attempt pays another account than the one that is wanted now."""
    before, after = payment.destination, destination
    return (before.account if before else None) != (after.account if after else None)


def is_declined(payment: Payment, intent: Intent) -> bool:
    """Tell whether the present attempt was declined, and waits for its buyer: another attempt needs it cancelled.

    The buyer may also confirm it again, with the client secret that they have.
    """
    return payment.status is PaymentStatus.FAILED and intent.status is IntentStatus.AWAITING_BUYER


def must_have_attempts_left(payment: Payment) -> None:
    """Raise TooManyAttemptsError when no other intent is made for this payment."""
    if payment.attempt >= ATTEMPTS_MAX:
        raise TooManyAttemptsError(f"Order {payment.order_id} has had {payment.attempt} tries to pay.")


def is_of_earlier_attempt(payment: Payment, intent: Intent) -> bool:
    """Tell whether the intent is that of an attempt before the present one."""
    return intent.payment_id == payment.id and (intent.attempt or 0) < payment.attempt


def attach(payment: Payment, intent: Intent, *, now: datetime) -> Change | None:
    """Note the intent of the present attempt; None when it is noted already, or is an earlier one that was cancelled.

    Raises ForeignIntentError for an intent of another payment or attempt: two intents must never both be paid.
    """
    if payment.intent_id == intent.id or _is_past(payment, intent):
        return None
    if payment.intent_id is not None or (payment.id, payment.attempt) != (intent.payment_id, intent.attempt):
        raise ForeignIntentError(f"Intent {intent.id} does not belong to attempt {payment.attempt} of {payment.id}.")
    return Change(replace(_changed(payment, now=now), intent_id=intent.id))


def close(payment: Payment, *, now: datetime) -> Change | None:
    """Note that the order wants no money any more, before the provider is told; None when it was noted before."""
    if payment.closing:
        return None
    return Change(replace(_changed(payment, now=now), closing=True))


def observe(payment: Payment, intent: Intent, *, now: datetime) -> Change | None:
    """Bring the payment to where the provider says it stands; None when that is nothing new.

    It compares states and never counts events, so news that come twice, late or out of order do no harm.
    Late news of an earlier attempt whose intent was cancelled say nothing any more. Raises ForeignIntentError for any
    other intent that is not the present attempt's.
    """
    if intent.id != payment.intent_id:
        if _is_past(payment, intent):
            return None
        raise ForeignIntentError(f"Intent {intent.id} is not the present one of payment {payment.id}.")
    match intent.status:
        case IntentStatus.SUCCEEDED:
            return _taken(payment, intent, now=now)
        case IntentStatus.CANCELLED:
            return _cancelled(payment, now=now)
        case IntentStatus.NEEDS_ACTION:
            return _waiting(payment, for_buyer=True, now=now)
        case IntentStatus.AWAITING_BUYER:
            declined = _declined(payment, intent.decline, now=now) if intent.decline else None
            return declined or _waiting(payment, for_buyer=False, now=now)
        case IntentStatus.PROCESSING:
            return _waiting(payment, for_buyer=False, now=now)
        case _:
            assert_never(intent.status)


def _is_past(payment: Payment, intent: Intent) -> bool:
    return is_of_earlier_attempt(payment, intent) and intent.status is IntentStatus.CANCELLED


def _taken(payment: Payment, intent: Intent, *, now: datetime) -> Change | None:
    if payment.status in CAPTURED or payment.status is PaymentStatus.REFUNDED:
        return None
    as_asked = intent.amount == payment.amount and intent.received_minor == payment.amount.amount_minor
    received = Money(intent.received_minor, intent.amount.currency)
    status, kind = (
        (PaymentStatus.SUCCEEDED, RecordKind.SUCCEEDED)
        if as_asked
        else (PaymentStatus.MISMATCHED, RecordKind.MISMATCHED)
    )
    taken = replace(_changed(payment, now=now, status=status), received=received)
    detail: RecordDetail = {
        "intent_id": intent.id,
        "expected_minor": payment.amount.amount_minor,
        "expected_currency": payment.amount.currency,
        "attempt": payment.attempt,
    }
    record = PaymentRecord(kind, received.amount_minor, received.currency, detail)
    if received.amount_minor <= 0:
        return Change(taken, (record,))
    charge = intent.charge
    booked = capture(
        received,
        ref=charge.id if charge else intent.id,
        at=charge.at if charge else now,
        destination=payment.destination,
        escrow=payment.escrow,
        fee=charge.fee if charge else None,
    )
    return Change(taken, (record,), (booked,))


def _cancelled(payment: Payment, *, now: datetime) -> Change | None:
    if payment.status not in OPEN:
        return None
    cancelled = _changed(payment, now=now, status=PaymentStatus.CANCELLED)
    detail: RecordDetail = {"intent_id": payment.intent_id, "attempt": payment.attempt}
    return Change(cancelled, (PaymentRecord(RecordKind.CANCELLED, 0, payment.amount.currency, detail),))


def _declined(payment: Payment, decline: Decline, *, now: datetime) -> Change | None:
    if payment.status not in OPEN or decline.id == payment.decline_id:
        return None
    failed = replace(_changed(payment, now=now, status=PaymentStatus.FAILED), decline_id=decline.id)
    detail: RecordDetail = {"intent_id": payment.intent_id, "decline_code": decline.code, "attempt": payment.attempt}
    return Change(failed, (PaymentRecord(RecordKind.FAILED, 0, payment.amount.currency, detail),))


def _waiting(payment: Payment, *, for_buyer: bool, now: datetime) -> Change | None:
    if payment.status not in OPEN or payment.needs_action is for_buyer:
        return None
    # The buyer is at it again, so an earlier decline says nothing any more.
    status = PaymentStatus.PENDING if for_buyer else None
    return Change(replace(_changed(payment, now=now, status=status), needs_action=for_buyer))


def _attempted(payment: Payment) -> PaymentRecord:
    detail: RecordDetail = {
        "method": payment.method.value,
        "amount_minor": payment.amount.amount_minor,
        "attempt": payment.attempt,
    }
    if payment.escrow:
        detail = {**detail, "escrow": 1}
    if payment.destination is not None:
        to = payment.destination
        detail = {**detail, "destination": to.account, "application_fee_minor": to.application_fee_minor}
    return PaymentRecord(RecordKind.ATTEMPTED, 0, payment.amount.currency, detail)


def _changed(
    payment: Payment, *, now: datetime, status: PaymentStatus | None = None, attempt: int | None = None
) -> Payment:
    """Return the payment with what is given, `updated_at` and the next moment to ask the provider."""
    changed = replace(payment, status=status or payment.status, attempt=attempt or payment.attempt, updated_at=now)
    changed = replace(changed, needs_action=False)
    return replace(changed, check_at=now + timedelta(seconds=CHECK_AFTER_S) if changed.is_unsettled else None)

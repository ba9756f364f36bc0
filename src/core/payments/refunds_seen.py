"""How refunds follow what the provider says of them, whoever made them there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid5

from core.payments.errors import NotRefundableError
from core.payments.ledger import Posting, application_fee_refund, application_fee_returned, failed_refund
from core.payments.ledger import refund as refund_posting
from core.payments.payment import Payment, PaymentStatus
from core.payments.record import PaymentRecord, RecordKind
from core.payments.refund import ProviderRefund, Refund, RefundsSeen, RefundStatus
from core.payments.refunds_change import (
    REFUNDED_ELSEWHERE,
    RefundsChange,
    must_fit,
    next_check_at,
    record_of,
    weighed,
)
from core.shared.ids import RefundId
from core.shared.money import Money


def see_refunds(
    payment: Payment, refunds: Sequence[Refund], seen: RefundsSeen, *, booked: Sequence[Posting], now: datetime
) -> RefundsChange | None:
    """Bring the refunds of a payment to where the provider says they stand; None when that is nothing new.

    `refunds` are all that the payment has, `booked` is all that the ledger has of it.
    Refunds that were not made by us are added. It compares states and never counts events, so the news may come in any
    order and any number of times. Raises RefundTooLargeError when more went back at the provider than the payment can
    account for yet: a try of ours is on its way that the provider is going to refuse.
    """
    known = {refund.id: refund for refund in refunds}
    fee_booked_minor = application_fee_returned(booked)
    before, changes = dict(known), list[_Seen]()
    for one in seen.refunds:
        refund = _made_by_us(known, one)
        refund_id = refund.id if refund else RefundId(uuid5(payment.id, one.id))
        refund = refund or known.get(refund_id)
        change = _observed(refund, one, now=now) if refund else _adopted(payment, refund_id, one, now=now)
        if change is not None:
            changes.append(change)
            known[refund_id] = change.refund
    # Failed ones first: what they give up may be what the others need.
    changes.sort(key=lambda change: change.refund.weighs)
    changed = replace(payment, updated_at=now)
    for change in changes:
        was = before.get(change.refund.id)
        if change.refund.weighs and (was is None or not was.weighs):
            must_fit(changed, change.refund.amount)
            changed = replace(changed, refund_reason=changed.refund_reason or change.refund.reason)
        changed = weighed(changed, was, change.refund)
    fee = seen.fee_returned_minor - fee_booked_minor
    if not changes and fee <= 0:
        return None
    postings = _booked_of(changes, booked if payment.escrow else None)
    if fee > 0:
        postings += (application_fee_refund(Money(fee, payment.amount.currency), at=now),)
    changed = _whole_or_not(changed, known.values(), now=now)
    return RefundsChange(
        payment=changed,
        refunds=tuple(change.refund for change in changes),
        records=tuple(record for change in changes for record in change.records),
        postings=postings,
        settled=tuple(change.refund for change in changes if change.settled),
        whole_first=payment.refunded_at is None and changed.refunded_at is not None,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    refund: Refund
    records: tuple[PaymentRecord, ...]
    left: ProviderRefund | None
    came_back_at: datetime | None
    settled: bool


def _made_by_us(known: Mapping[RefundId, Refund], seen: ProviderRefund) -> Refund | None:
    """Return our refund; None for a second one that bears its name, whose money has left all the same."""
    refund = known.get(seen.refund_id) if seen.refund_id is not None else None
    if refund is None or (seen.attempt == refund.attempt and refund.provider_id not in {None, seen.id}):
        return None
    return refund


def _adopted(payment: Payment, refund_id: RefundId, seen: ProviderRefund, *, now: datetime) -> _Seen | None:
    if payment.received is None:
        raise NotRefundableError(f"Payment {payment.id} took no money that could have gone back.")
    unseen = Refund(
        id=refund_id,
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        amount=seen.amount,
        reason=REFUNDED_ELSEWHERE,
        status=RefundStatus.PENDING,
        provider_id=None,
        failure=None,
        attempt=1,
        booked=False,
        check_at=None,
        created_at=now,
        updated_at=now,
    )
    return _observed(unseen, seen, now=now)


def _observed(refund: Refund, seen: ProviderRefund, *, now: datetime) -> _Seen | None:
    if (seen.attempt or 1) < refund.attempt:
        return None
    out = seen.moved and seen.status is not RefundStatus.FAILED
    news = replace(
        refund,
        provider_id=seen.id,
        amount=refund.amount if refund.booked else seen.amount,
        status=seen.status,
        failure=seen.failure,
        booked=out or (refund.booked and seen.status is not RefundStatus.FAILED),
    )
    if news == refund:
        return None
    news = replace(news, check_at=next_check_at(news, now=now), updated_at=now)
    left = seen if seen.moved and not refund.booked else None
    came_back = seen.status is RefundStatus.FAILED and (refund.booked or seen.moved)
    return _Seen(news, _records(refund, news), left, now if came_back else None, _is_settled(refund, news))


def _booked_of(changes: Iterable[_Seen], escrow: Sequence[Posting] | None) -> tuple[Posting, ...]:
    """Return what to book, one after the other: what a refund takes from escrow, the next one cannot."""
    postings: list[Posting] = []
    for change in changes:
        refund, ref = change.refund, change.refund.provider_id or ""
        if change.left is not None:
            had = [*escrow, *postings] if escrow is not None else None
            postings.append(refund_posting(refund.amount, refund_id=refund.id, ref=ref, at=change.left.at, escrow=had))
        if change.came_back_at is not None:
            had = [*escrow, *postings] if escrow is not None else None
            postings.append(
                failed_refund(refund.amount, refund_id=refund.id, ref=ref, at=change.came_back_at, escrow=had)
            )
    return tuple(postings)


def _is_settled(before: Refund, after: Refund) -> bool:
    return after.status is not before.status and after.status is not RefundStatus.PENDING


def _records(before: Refund, after: Refund) -> tuple[PaymentRecord, ...]:
    if after.status is before.status:
        return ()
    amount_minor = after.amount.amount_minor
    was_back = before.status is RefundStatus.SUCCEEDED
    match after.status:
        case RefundStatus.SUCCEEDED:
            return (record_of(RecordKind.REFUNDED, after, -amount_minor),)
        case RefundStatus.FAILED:
            return (record_of(RecordKind.REFUND_FAILED, after, amount_minor if was_back else 0),)
        case RefundStatus.PENDING:
            return (record_of(RecordKind.REFUND_ASKED, after, amount_minor if was_back else 0),)


def _whole_or_not(payment: Payment, refunds: Iterable[Refund], *, now: datetime) -> Payment:
    """Return the payment as REFUNDED exactly while all that was received has gone back for good."""
    received = payment.received or Money.zero(payment.amount.currency)
    back = sum(one.amount.amount_minor for one in refunds if one.status is RefundStatus.SUCCEEDED)
    if back == received.amount_minor > 0:
        return replace(payment, status=PaymentStatus.REFUNDED, refunded_at=payment.refunded_at or now)
    if payment.status is not PaymentStatus.REFUNDED:
        return payment
    as_asked = received == payment.amount
    return replace(payment, status=PaymentStatus.SUCCEEDED if as_asked else PaymentStatus.MISMATCHED)

"""How payouts change: pure functions from a payout, and what is known of it, to a change or None."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.payments.dispute import Dispute, DisputeState
from core.payments.errors import (
    NotInEscrowError,
    PayoutConflictError,
    PayoutNotFailedError,
    PayoutNotOwedError,
    PayoutTooLargeError,
)
from core.payments.ledger import LedgerAccount, Posting, balances, cancelled_release, release, sent
from core.payments.payment import Payment, PaymentStatus
from core.payments.payout import Leg, Payout, PayoutStatus, Shares
from core.payments.payout_change import PayoutChange, again_at, changed, record_of
from core.payments.record import RecordKind
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, PayoutId, VenueId

UNSENT_CHECK_AFTER_S = 120
"""How long a payout may wait for the provider's answer before it is asked again."""

OWED_CHECK_AFTER_S = 86_400
"""How often an owed payout is looked at without any news of an account."""

DISPUTED_CHECK_AFTER_S = 21_600
"""How often one that waits for the buyer's bank is; the news of the dispute come earlier."""

LOST = "The buyer's bank took the money: the dispute was lost."
GONE_BACK = "The money has gone back to the buyer."


@dataclass(frozen=True, slots=True)
class Destinations:
    """The accounts that money can be sent to now, None where there is none.

    `royalty_stays` says that the organisation's money is kept on the platform's account, as all of its money is.
    """

    seller: str | None
    royalty: str | None
    royalty_stays: bool = False

    def of(self, leg: Leg) -> str | None:
        """Return where a leg goes."""
        return self.seller if leg is Leg.SELLER else self.royalty


def ask_payout(
    payment: Payment,
    *,
    payout_id: PayoutId,
    seller_account_id: AccountId,
    shares: Shares,
    venue_ids: Sequence[VenueId],
    reason: str,
    now: datetime,
) -> PayoutChange:
    """Note that money is to be paid out, before anybody is told.

    Raises NotInEscrowError for a payment that is not in escrow or not paid as it was asked, PayoutTooLargeError when
    less is left of it, and InvalidInputError for a negative share, another currency, or nothing to pay.
    """
    problems = [
        Problem(f"/{name}", "The share must not be negative.")
        for name, minor in (
            ("sellerMinor", shares.seller_minor),
            ("royaltyMinor", shares.royalty_minor),
            ("feeMinor", shares.fee_minor),
        )
        if minor < 0
    ]
    if not problems and shares.total_minor == 0:
        problems.append(Problem("/sellerMinor", "There is nothing to pay out."))
    if problems:
        raise InvalidInputError(" ".join(each.message for each in problems), problems)
    if not payment.escrow or payment.received is None or payment.status is PaymentStatus.MISMATCHED:
        raise NotInEscrowError(f"Payment {payment.id} has no money in escrow.")
    must_leave_enough(payment, shares.total_minor)
    payout = Payout(
        id=payout_id,
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        seller_account_id=seller_account_id,
        shares=shares,
        venue_ids=tuple(dict.fromkeys(venue_ids)),
        reason=reason,
        status=PayoutStatus.PENDING,
        attempt=1,
        check_at=now + timedelta(seconds=UNSENT_CHECK_AFTER_S),
        created_at=now,
        updated_at=now,
    )
    return PayoutChange(payout, (record_of(payout, RecordKind.PAYOUT_ASKED),))


def must_leave_enough(payment: Payment, amount_minor: int) -> None:
    """Raise PayoutTooLargeError when less is left of what was received, after refunds and other payouts."""
    if amount_minor > payment.payable_minor:
        raise PayoutTooLargeError(
            f"{amount_minor} cannot be paid out of payment {payment.id}: {payment.payable_minor} is left of it."
        )


def must_be_same(payout: Payout, payment: Payment, *, seller_account_id: AccountId, shares: Shares) -> None:
    """Raise PayoutConflictError unless the payout is what is asked for again."""
    if (payout.payment_id, payout.seller_account_id, payout.shares) != (payment.id, seller_account_id, shares):
        raise PayoutConflictError(f"Payout {payout.id} is another one already.")


def retry(payment: Payment, payout: Payout, *, now: datetime) -> PayoutChange:
    """Begin the next try of a failed payout; raises PayoutNotFailedError and PayoutTooLargeError."""
    if payout.status is not PayoutStatus.FAILED:
        raise PayoutNotFailedError(f"Payout {payout.id} is {payout.status.value}; only a failed one is tried again.")
    if not payout.released:
        must_leave_enough(payment, payout.shares.total_minor)
    again = replace(
        payout,
        status=PayoutStatus.PENDING,
        attempt=payout.attempt + 1,
        check_at=now + timedelta(seconds=UNSENT_CHECK_AFTER_S),
        updated_at=now,
    )
    return PayoutChange(again, (record_of(again, RecordKind.PAYOUT_ASKED),))


def prepare(
    payment: Payment,
    payout: Payout,
    *,
    disputes: Iterable[Dispute],
    booked: Sequence[Posting],
    to: Destinations,
    now: datetime,
) -> PayoutChange:
    """Decide what is to be done with a payout now.

    One that is paid or over only rests, unless its transfers are to be taken back. While the buyer's bank has the money
    it waits; when that is lost, or the money has gone back, it is over. Else its money leaves escrow, and it is pending
    while something can be sent, owed while something cannot.
    """
    if payout.status not in {PayoutStatus.PENDING, PayoutStatus.OWED}:
        later = now + timedelta(seconds=UNSENT_CHECK_AFTER_S) if to_reverse(payment, payout, booked) else None
        return PayoutChange(replace(payout, check_at=later))
    states = {dispute.state for dispute in disputes}
    whole = payment.status is PaymentStatus.REFUNDED
    over = LOST if DisputeState.LOST in states else GONE_BACK if whole else None
    if over is None and not payout.released and payment.payable_minor < 0:
        over = GONE_BACK
    if over is not None:
        return _over(payout, booked, failure=over, now=now)
    if DisputeState.OPEN in states:
        return PayoutChange(replace(payout, check_at=now + timedelta(seconds=DISPUTED_CHECK_AFTER_S), updated_at=now))
    postings: tuple[Posting, ...] = ()
    if not payout.released:
        payout, postings = replace(payout, released=True), (release_of(payout, at=now),)
    sending = replace(
        payout,
        status=PayoutStatus.PENDING,
        # What was owed may have been refused before: the provider answers the same try the same way.
        attempt=payout.attempt + (payout.status is PayoutStatus.OWED),
        check_at=now + timedelta(seconds=UNSENT_CHECK_AFTER_S),
        updated_at=now,
    )
    if sendable(sending, to):
        return PayoutChange(sending, (), postings)
    return _with(_standing(payout, to, now=now), postings)


def unsent(payout: Payout, to: Destinations) -> tuple[Leg, ...]:
    """Return the legs that are still to be sent."""
    legs: list[Leg] = []
    if payout.shares.seller_minor and payout.seller_transfer is None and payout.settled_by is None:
        legs.append(Leg.SELLER)
    if payout.shares.royalty_minor and payout.royalty_transfer is None and not to.royalty_stays:
        legs.append(Leg.ROYALTY)
    return tuple(legs)


def sendable(payout: Payout, to: Destinations) -> tuple[tuple[Leg, str], ...]:
    """Return the legs that can be sent now, with where they go."""
    if payout.status is not PayoutStatus.PENDING or not payout.released:
        return ()
    return tuple((leg, there) for leg in unsent(payout, to) if (there := to.of(leg)) is not None)


def stand(payout: Payout, to: Destinations, *, now: datetime) -> PayoutChange | None:
    """Say that a pending payout is paid, or owed, once nothing of it can be sent any more; None while something can."""
    if payout.status is not PayoutStatus.PENDING or not payout.released or sendable(payout, to):
        return None
    return _standing(payout, to, now=now)


def refuse(payout: Payout, *, attempt: int, failure: str, now: datetime) -> PayoutChange | None:
    """Note that the provider refused this attempt; None when that is no news any more."""
    if (payout.status, payout.attempt) != (PayoutStatus.PENDING, attempt):
        return None
    return changed(payout, PayoutStatus.FAILED, failure=failure, check_at=again_at(payout, now=now), now=now)


def refuse_reversal(payout: Payout, *, failure: str, now: datetime) -> PayoutChange:
    """Note that the provider does not take a transfer back; it is tried again some times."""
    later = again_at(payout, now=now)
    return PayoutChange(replace(payout, attempt=payout.attempt + 1, failure=failure, check_at=later, updated_at=now))


def settle_by_hand(payout: Payout, *, by: AccountId, note: str, now: datetime) -> PayoutChange:
    """Note that staff gave the seller what is owed; raises PayoutNotOwedError for any other payout."""
    is_credit = payout.released and payout.status in {PayoutStatus.OWED, PayoutStatus.FAILED}
    if not is_credit or payout.seller_transfer is not None or payout.shares.seller_minor == 0:
        raise PayoutNotOwedError(f"Payout {payout.id} is {payout.status.value}; nothing of it is owed to its seller.")
    given = replace(payout, settled_by=by, note=note)
    change = changed(given, PayoutStatus.PAID, failure=None, check_at=None, now=now)
    return _with(change, (sent(payout.shares.of(Leg.SELLER), royalty=False, ref=None, at=now),))


def to_reverse(payment: Payment, payout: Payout, booked: Sequence[Posting]) -> tuple[Leg, ...]:
    """Return the legs whose transfers are to be taken back: all of them once all the money went back to the buyer.

    After a part went back it is not known whose sale it was of: then the platform bears it.
    """
    if payment.status is not PaymentStatus.REFUNDED or payout.status is not PayoutStatus.PAID:
        return ()
    if balances(booked)[LedgerAccount.PLATFORM_LOSS] >= 0:
        return ()
    return tuple(leg for leg in Leg if payout.transfer_of(leg) is not None)


def put_off(payout: Payout, *, now: datetime, after_s: int = UNSENT_CHECK_AFTER_S) -> Payout:
    """Return the payout with a later moment to look at it, so that two sweeps do not do so at once."""
    return replace(payout, check_at=now + timedelta(seconds=after_s))


def _standing(payout: Payout, to: Destinations, *, now: datetime) -> PayoutChange:
    """Return how a released payout stands of which nothing can be sent now."""
    if not unsent(payout, to):
        return changed(payout, PayoutStatus.PAID, failure=None, check_at=None, now=now)
    check_at = None if to.royalty_stays else now + timedelta(seconds=OWED_CHECK_AFTER_S)
    return changed(payout, PayoutStatus.OWED, failure=payout.failure, check_at=check_at, now=now)


def release_of(payout: Payout, *, at: datetime) -> Posting:
    """Return what is booked when the money of a payout leaves escrow."""
    shares = payout.shares
    return release(
        seller_minor=shares.seller_minor,
        royalty_minor=shares.royalty_minor,
        fee_minor=shares.fee_minor,
        currency=shares.currency,
        at=at,
    )


def _over(payout: Payout, booked: Sequence[Posting], *, failure: str, now: datetime) -> PayoutChange:
    """End a payout whose money is with the buyer again; what was sent stays with who has it."""
    if not payout.released:
        return changed(payout, PayoutStatus.FAILED, failure=failure, check_at=None, now=now)
    shares = payout.shares
    nothing_sent = payout.seller_transfer is None and payout.royalty_transfer is None
    seller = shares.seller_minor if payout.seller_transfer is None else 0
    royalty = shares.royalty_minor if payout.royalty_transfer is None else 0
    amount = seller + royalty + shares.fee_minor
    if nothing_sent and failure == LOST:
        # The bank may change its mind: then it is released anew.
        change = changed(replace(payout, released=False), PayoutStatus.FAILED, failure=failure, check_at=None, now=now)
    else:
        over = replace(payout, reversed_minor=payout.reversed_minor + amount)
        change = changed(over, PayoutStatus.REVERSED, failure=failure, check_at=None, now=now)
    back = cancelled_release(
        seller_minor=seller,
        royalty_minor=royalty,
        fee_minor=shares.fee_minor,
        currency=shares.currency,
        at=now,
        escrow=booked,
    )
    return _with(change, (back,))


def _with(change: PayoutChange, postings: Iterable[Posting]) -> PayoutChange:
    return replace(change, postings=(*change.postings, *postings))

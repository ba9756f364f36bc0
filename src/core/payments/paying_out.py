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
from core.payments.ledger import Posting, release, sent
from core.payments.payment import Payment
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

    That money went back to the buyer does not matter: whose pass was sold is paid, and the platform bears the rest.

    Raises NotInEscrowError for a payment that is not in escrow or not paid as it was asked, PayoutTooLargeError when
    more than it brought would be paid out, and InvalidInputError for a negative share or nothing to pay.
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
    if not payment.escrow or payment.received != payment.amount:
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
    """Raise PayoutTooLargeError when other payouts have left less of what was received."""
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
    payout: Payout,
    *,
    disputes: Iterable[Dispute],
    booked: Sequence[Posting],
    to: Destinations,
    now: datetime,
) -> PayoutChange:
    """Decide what is to be done with a payout now.

    One that is paid or over only rests. While the buyer's bank has not decided it waits; however that ends, and
    whatever went back, its money is released, and it is pending while something can be sent, owed while something
    cannot. `booked` is all that the ledger has of the payment.
    """
    if payout.status not in {PayoutStatus.PENDING, PayoutStatus.OWED}:
        return PayoutChange(replace(payout, check_at=None))
    if any(dispute.state is DisputeState.OPEN for dispute in disputes):
        return PayoutChange(replace(payout, check_at=now + timedelta(seconds=DISPUTED_CHECK_AFTER_S), updated_at=now))
    postings: tuple[Posting, ...] = ()
    if not payout.released:
        payout, postings = replace(payout, released=True), (release_of(payout, booked, at=now),)
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


def settle_by_hand(payout: Payout, *, by: AccountId, note: str, now: datetime) -> PayoutChange:
    """Note that staff gave the seller what is owed; raises PayoutNotOwedError for any other payout."""
    is_credit = payout.released and payout.status in {PayoutStatus.OWED, PayoutStatus.FAILED}
    if not is_credit or payout.seller_transfer is not None or payout.shares.seller_minor == 0:
        raise PayoutNotOwedError(f"Payout {payout.id} is {payout.status.value}; nothing of it is owed to its seller.")
    given = replace(payout, settled_by=by, note=note)
    change = changed(given, PayoutStatus.PAID, failure=None, check_at=None, now=now)
    return _with(change, (sent(payout.shares.of(Leg.SELLER), royalty=False, ref=None, at=now),))


def put_off(payout: Payout, *, now: datetime, after_s: int = UNSENT_CHECK_AFTER_S) -> Payout:
    """Return the payout with a later moment to look at it, so that two sweeps do not do so at once."""
    return replace(payout, check_at=now + timedelta(seconds=after_s))


def _standing(payout: Payout, to: Destinations, *, now: datetime) -> PayoutChange:
    """Return how a released payout stands of which nothing can be sent now."""
    if not unsent(payout, to):
        return changed(payout, PayoutStatus.PAID, failure=None, check_at=None, now=now)
    check_at = None if to.royalty_stays else now + timedelta(seconds=OWED_CHECK_AFTER_S)
    return changed(payout, PayoutStatus.OWED, failure=payout.failure, check_at=check_at, now=now)


def release_of(payout: Payout, booked: Iterable[Posting], *, at: datetime) -> Posting:
    """Return what is booked when the money of a payout is released; `booked` is as in `prepare`."""
    shares = payout.shares
    return release(
        seller_minor=shares.seller_minor,
        royalty_minor=shares.royalty_minor,
        fee_minor=shares.fee_minor,
        currency=shares.currency,
        at=at,
        escrow=booked,
    )


def _with(change: PayoutChange, postings: Iterable[Posting]) -> PayoutChange:
    return replace(change, postings=(*change.postings, *postings))

"""The ledger: every movement of money as entries that add up to nothing.

An entry's amount is signed: positive for whom the money comes to, negative for whom it leaves. What buyers gave stands
as a negative balance of `buyer`, and all the other accounts together always have what was captured.

What a dispute takes goes to `dispute`, and Stripe's fee for it to `dispute_fee`; what is won comes back from there.
Stripe takes both from the platform's balance, also where the money of the payment had gone on to a venue's account:
then the platform bears them, out of its fee and beyond, until it has taken the transfer back from the venue.

Money in escrow belongs to nobody yet. What goes back to the buyer, or is taken by a dispute, comes out of `escrow`
while something is there; beyond that the platform bears it, as `platform_loss`, and what comes back makes that good
first. A payout releases money to the seller's credit, to the organisation and to the platform's fee: out of escrow, and
what is not there any more out of `platform_loss`. What was sent on to somebody's own account is `seller` and `royalty`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.payments.destination import Destination
from core.shared.ids import RefundId
from core.shared.money import Money


class LedgerAccount(StrEnum):
    """Whose money it is."""

    BUYER = "buyer"
    ORGANISATION = "organisation"
    PLATFORM_FEE = "platform_fee"
    STRIPE_FEE = "stripe_fee"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    ESCROW = "escrow"
    PLATFORM_LOSS = "platform_loss"
    SELLER_CREDIT = "seller_credit"
    SELLER = "seller"
    ROYALTY = "royalty"


class PostingKind(StrEnum):
    """Why money moved."""

    CAPTURE = "capture"
    STRIPE_FEE = "stripe_fee"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    APPLICATION_FEE_REFUND = "application_fee_refund"
    DISPUTE_WITHDRAWN = "dispute_withdrawn"
    DISPUTE_REINSTATED = "dispute_reinstated"
    PAYOUT_RELEASED = "payout_released"
    PAYOUT_CANCELLED = "payout_cancelled"
    """Older books have it: what goes back to buyers once ended payouts."""

    PAYOUT_BY_HAND = "payout_by_hand"
    TRANSFER_SENT = "transfer_sent"
    TRANSFER_REVERSED = "transfer_reversed"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One side of a movement; `amount_minor` is never 0."""

    account: LedgerAccount
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One movement of money, booked as a whole: two or more entries in one currency whose sum is 0.

    They are in the order of LedgerAccount. `provider_ref` names the movement at the provider (a charge, a refund), so
    that it is never booked twice and can be compared; None where the provider gives it no name of its own. `at` is when
    the money moved, as far as that is known.
    """

    kind: PostingKind
    currency: str
    entries: tuple[LedgerEntry, ...]
    provider_ref: str | None
    at: datetime
    refund_id: RefundId | None = None

    def __post_init__(self) -> None:
        if len(self.entries) < 2 or sum(entry.amount_minor for entry in self.entries) != 0:
            raise ValueError(f"a movement has two sides or more, and they balance: {self.entries}")


def capture(
    received: Money,
    *,
    ref: str,
    at: datetime,
    destination: Destination | None = None,
    escrow: bool = False,
    fee: Money | None = None,
) -> Posting:
    """Book what a buyer paid; `fee` is what Stripe keeps of it, None while that is not known.

    All that comes into escrow stays there: the platform pays Stripe. A fee in another currency than the payment's is
    not booked: the platform settles it, and the ledger cannot.
    """
    kept = destination.application_fee_minor if destination else 0
    stripe_minor = fee.amount_minor if fee is not None and fee.currency == received.currency else 0
    amounts = {
        LedgerAccount.BUYER: -received.amount_minor,
        LedgerAccount.PLATFORM_FEE: kept,
        LedgerAccount.STRIPE_FEE: stripe_minor,
    }
    owner = LedgerAccount.ESCROW if escrow else LedgerAccount.ORGANISATION
    amounts[owner] = received.amount_minor - kept
    amounts[_bearer(destination, escrow=escrow)] -= stripe_minor
    return _posting(PostingKind.CAPTURE, received.currency, amounts, ref=ref, at=at)


def late_stripe_fee(
    fee: Money,
    *,
    ref: str,
    at: datetime,
    destination: Destination | None = None,
    escrow: bool = False,
    refund_id: RefundId | None = None,
) -> Posting:
    """Book a fee that became known after its movement was booked; one that Stripe gives back is negative."""
    amounts = {_bearer(destination, escrow=escrow): -fee.amount_minor, LedgerAccount.STRIPE_FEE: fee.amount_minor}
    return _posting(PostingKind.STRIPE_FEE, fee.currency, amounts, ref=ref, at=at, refund_id=refund_id)


def refund(
    amount: Money, *, refund_id: RefundId, ref: str, at: datetime, escrow: Iterable[Posting] | None = None
) -> Posting:
    """Book money that goes back to the buyer, out of what the organisation got.

    For a payment in escrow `escrow` is all that was booked of it: its money goes back from there.
    """
    amounts = {LedgerAccount.REFUND: amount.amount_minor} | _borne(-amount.amount_minor, escrow)
    return _posting(PostingKind.REFUND, amount.currency, amounts, ref=ref, at=at, refund_id=refund_id)


def failed_refund(
    amount: Money, *, refund_id: RefundId, ref: str, at: datetime, escrow: Iterable[Posting] | None = None
) -> Posting:
    """Book that a refund came back: the organisation, or escrow, has the money again; `escrow` is as in `refund`."""
    amounts = {LedgerAccount.REFUND: -amount.amount_minor} | _borne(amount.amount_minor, escrow)
    return _posting(PostingKind.REFUND_FAILED, amount.currency, amounts, ref=ref, at=at, refund_id=refund_id)


def application_fee_refund(amount: Money, *, at: datetime) -> Posting:
    """Book the part of the platform's fee that goes back to the organisation with a refund."""
    amounts = {LedgerAccount.PLATFORM_FEE: -amount.amount_minor, LedgerAccount.ORGANISATION: amount.amount_minor}
    return _posting(PostingKind.APPLICATION_FEE_REFUND, amount.currency, amounts, ref=None, at=at)


def dispute_movement(
    moved: Money,
    *,
    fee: Money,
    ref: str,
    at: datetime,
    destination: Destination | None = None,
    escrow: Iterable[Posting] | None = None,
) -> tuple[Posting, ...]:
    """Book what a dispute took from the balance, or brought back to it; nothing where neither amount nor fee moved.

    `moved` is negative for money that was taken; `fee` is what Stripe took for itself, negative where it came back.
    `escrow` is as in `refund`; Stripe's fee is then the platform's to pay.
    """
    if moved.amount_minor == fee.amount_minor == 0:
        return ()
    amounts = {LedgerAccount.DISPUTE: -moved.amount_minor, LedgerAccount.DISPUTE_FEE: fee.amount_minor}
    if escrow is None:
        amounts[_bearer(destination)] = moved.amount_minor - fee.amount_minor
    else:
        amounts |= _borne(moved.amount_minor, escrow) | {LedgerAccount.PLATFORM_FEE: -fee.amount_minor}
    taken = moved.amount_minor < 0 or (moved.amount_minor == 0 and fee.amount_minor > 0)
    kind = PostingKind.DISPUTE_WITHDRAWN if taken else PostingKind.DISPUTE_REINSTATED
    return (_posting(kind, moved.currency, amounts, ref=ref, at=at),)


def release(
    *,
    seller_minor: int,
    royalty_minor: int,
    fee_minor: int,
    currency: str,
    at: datetime,
    escrow: Iterable[Posting],
) -> Posting:
    """Book that money is the seller's, the organisation's and the platform's from now on.

    It leaves escrow as far as it is there, and the platform bears the rest: what has gone back to the buyer, or is with
    the buyer's bank. `escrow` is all that was booked of the payment.
    """
    amounts = {
        LedgerAccount.SELLER_CREDIT: seller_minor,
        LedgerAccount.ORGANISATION: royalty_minor,
        LedgerAccount.PLATFORM_FEE: fee_minor,
    } | _borne(-(seller_minor + royalty_minor + fee_minor), escrow)
    return _posting(PostingKind.PAYOUT_RELEASED, currency, amounts, ref=None, at=at)


def sent(amount: Money, *, royalty: bool, ref: str | None, at: datetime) -> Posting:
    """Book that released money went to its owner's account; `ref` names the transfer, None for one made by hand."""
    giver = LedgerAccount.ORGANISATION if royalty else LedgerAccount.SELLER_CREDIT
    taker = LedgerAccount.ROYALTY if royalty else LedgerAccount.SELLER
    amounts = {giver: -amount.amount_minor, taker: amount.amount_minor}
    kind = PostingKind.TRANSFER_SENT if ref is not None else PostingKind.PAYOUT_BY_HAND
    return _posting(kind, amount.currency, amounts, ref=ref, at=at)


def reversal(amount: Money, *, royalty: bool, ref: str, at: datetime, escrow: Iterable[Posting]) -> Posting:
    """Book that a transfer came back: it makes good what the platform bore, and the rest is in escrow again."""
    giver = LedgerAccount.ROYALTY if royalty else LedgerAccount.SELLER
    amounts = {giver: -amount.amount_minor} | _borne(amount.amount_minor, escrow)
    return _posting(PostingKind.TRANSFER_REVERSED, amount.currency, amounts, ref=ref, at=at)


def balances(postings: Iterable[Posting]) -> dict[LedgerAccount, int]:
    """Return what each account has, in minor units; the postings are of one currency."""
    found = dict.fromkeys(LedgerAccount, 0)
    for posting in postings:
        for entry in posting.entries:
            found[entry.account] += entry.amount_minor
    return found


def application_fee_returned(postings: Iterable[Posting]) -> int:
    """Return how much of the application fee was booked as given back, in minor units."""
    returned = [posting for posting in postings if posting.kind is PostingKind.APPLICATION_FEE_REFUND]
    return -balances(returned)[LedgerAccount.PLATFORM_FEE]


def _bearer(destination: Destination | None, *, escrow: bool = False) -> LedgerAccount:
    """Return who pays Stripe: the platform out of its fee, or, where it takes none, the organisation itself."""
    return LedgerAccount.PLATFORM_FEE if destination or escrow else LedgerAccount.ORGANISATION


def _borne(moved_minor: int, escrow: Iterable[Posting] | None) -> dict[LedgerAccount, int]:
    """Return who bears what leaves (negative), or has what comes back; None for the organisation, without escrow."""
    if escrow is None:
        return {LedgerAccount.ORGANISATION: moved_minor}
    had = balances(escrow)
    if moved_minor < 0:
        from_escrow = max(moved_minor, -max(had[LedgerAccount.ESCROW], 0))
        return {LedgerAccount.ESCROW: from_escrow, LedgerAccount.PLATFORM_LOSS: moved_minor - from_escrow}
    made_good = min(moved_minor, max(-had[LedgerAccount.PLATFORM_LOSS], 0))
    return {LedgerAccount.PLATFORM_LOSS: made_good, LedgerAccount.ESCROW: moved_minor - made_good}


def _posting(
    kind: PostingKind,
    currency: str,
    amounts: dict[LedgerAccount, int],
    *,
    ref: str | None,
    at: datetime,
    refund_id: RefundId | None = None,
) -> Posting:
    entries = tuple(LedgerEntry(account, amounts[account]) for account in LedgerAccount if amounts.get(account))
    return Posting(kind=kind, currency=currency, entries=entries, provider_ref=ref, at=at, refund_id=refund_id)

"""Movements of the provider's balance beside what the ledger has, and where the two differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.payments.ledger import PostingKind
from core.shared.ids import PaymentId, TenantId
from core.shared.money import Money

COMPARED = frozenset(
    {
        PostingKind.CAPTURE,
        PostingKind.REFUND,
        PostingKind.REFUND_FAILED,
        PostingKind.DISPUTE_WITHDRAWN,
        PostingKind.DISPUTE_REINSTATED,
        PostingKind.TRANSFER_SENT,
        PostingKind.TRANSFER_REVERSED,
    }
)
"""What has a counterpart in the provider's balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of the provider's balance.

    `kind` is one of COMPARED. `source` names the charge, the refund or the transfer, and for a dispute this very
    movement; `charge` is the refund's or the dispute's charge where the provider said so, and the transfer of which
    something came back. `amount` is positive for money that came, negative for money that went; it and `fee` are in the
    currency in which the provider settles, which may be another than the buyer's. `ours` is False for a charge that
    names no payment of ours, and for a transfer that names no payout of ours.
    """

    id: str
    kind: PostingKind
    source: str
    charge: str | None
    amount: Money
    fee: Money
    ours: bool
    at: datetime

    @property
    def key(self) -> tuple[PostingKind, str]:
        return self.kind, self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedMovement:
    """One movement as the ledger has it; `amount` is signed as the provider's is, `fee_minor` in the same currency."""

    tenant_id: TenantId
    payment_id: PaymentId
    kind: PostingKind
    ref: str
    amount: Money
    fee_minor: int
    at: datetime

    @property
    def key(self) -> tuple[PostingKind, str]:
        return self.kind, self.ref


class DifferenceKind(StrEnum):
    """In what the two differ."""

    NOT_BOOKED = "not booked"
    NOT_AT_PROVIDER = "not at the provider"
    AMOUNT = "another amount"
    FEE = "another fee"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; what is not there is None. For a fee both sides name the fee."""

    kind: DifferenceKind
    movement: PostingKind
    ref: str
    booked: Money | None
    at_provider: Money | None


@dataclass(frozen=True, slots=True)
class UnbookedFee:
    """A fee that was not known when its movement was booked."""

    booked: BookedMovement
    fee: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be seen to by people, and what can be booked at once."""

    differences: tuple[Difference, ...]
    fees: tuple[UnbookedFee, ...]


def compare(
    moved: Sequence[Movement], booked: Iterable[BookedMovement], *, start: datetime, end: datetime
) -> Comparison:
    """Compare the movements of `start` until before `end` with the books.

    `moved` may reach further on both sides: the clocks of the two differ a little. Amounts that were settled in another
    currency are compared by being there only. Charges that are not ours, and refunds of charges that neither side of
    the comparison knows as ours, are left alone; so is what came back of transfers that are not.
    """
    books = {one.key: one for one in booked}
    charges = {one.ref for one in books.values() if one.kind in {PostingKind.CAPTURE, PostingKind.TRANSFER_SENT}}
    differences: list[Difference] = []
    fees: list[UnbookedFee] = []
    for one in moved:
        if not start <= one.at < end:
            continue
        entry = books.get(one.key)
        if entry is None:
            if one.ours and (one.charge is None or one.charge in charges):
                differences.append(Difference(DifferenceKind.NOT_BOOKED, one.kind, one.source, None, one.amount))
            continue
        if entry.amount.currency != one.amount.currency:
            continue
        if entry.amount != one.amount:
            differences.append(Difference(DifferenceKind.AMOUNT, one.kind, one.source, entry.amount, one.amount))
        if one.kind is PostingKind.REFUND_FAILED:
            continue  # its fee, if any, went with the refund
        if entry.fee_minor == 0 and one.fee.amount_minor != 0:
            fees.append(UnbookedFee(entry, one.fee, one.at))
        elif entry.fee_minor != one.fee.amount_minor:
            fee = Money(entry.fee_minor, entry.amount.currency)
            differences.append(Difference(DifferenceKind.FEE, one.kind, one.source, fee, one.fee))
    there = {one.key for one in moved}
    differences += [
        Difference(DifferenceKind.NOT_AT_PROVIDER, one.kind, one.ref, one.amount, None)
        for one in books.values()
        if start <= one.at < end and one.key not in there
    ]
    return Comparison(tuple(differences), tuple(fees))

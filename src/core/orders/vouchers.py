"""Vouchers: codes that take something off an order, for some tickets, for some time, so many times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.orders.content import Discount, OrderLine
from core.orders.fees import BASIS_POINTS
from core.orders.voucher_errors import (
    InvalidVoucherError,
    VoucherExpiredError,
    VoucherMinimumError,
    VoucherNotApplicableError,
    VoucherNotStartedError,
    VoucherUnknownError,
    VoucherUsedByAccountError,
    VoucherUsedUpError,
)
from core.shared.errors import Problem, StaleVersionError
from core.shared.ids import AccountId, TicketId, VoucherId
from core.shared.money import Money, total

CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
USES_MAX = 1_000_000
TICKETS_MAX = 200
NOTE_LENGTH_MAX = 500
CHANGES_SHOWN_MAX = 100


def normalised(code: str) -> str:
    """Return the code as it is kept and compared: without blanks around it, in capitals."""
    return code.strip().upper()


@dataclass(frozen=True, slots=True)
class PercentOff:
    """A share of the price in hundredths of a percent, from 1 to 10,000, which is all of it."""

    basis_points: int

    def off(self, price: Money) -> Money:
        """Return what it takes off a price of 0 or more, never more than it; exact halves of a minor unit go up."""
        return price.share(self.basis_points, of=BASIS_POINTS)


@dataclass(frozen=True, slots=True)
class AmountOff:
    """A fixed amount, once an order."""

    amount: Money

    def off(self, price: Money) -> Money:
        """Return what it takes off a price in the same currency; never more than the price."""
        return Money(min(self.amount.amount_minor, price.amount_minor), price.currency)


type Reduction = PercentOff | AmountOff


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What staff decide about a voucher.

    It applies to the items of `ticket_ids`, or to all when there are none. `minimum_total` is what all items of the
    order cost at least, before anything comes off. It counts from `valid_from` on until just before `valid_until`.
    Limits are None for none. Raises InvalidVoucherError naming every member at fault.
    """

    reduction: Reduction
    ticket_ids: frozenset[TicketId] = frozenset()
    minimum_total: Money | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    uses_max: int | None = None
    uses_per_account_max: int | None = None
    active: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        problems = [*self._reduction_problems(), *self._limit_problems()]
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            problems.append(Problem("/validUntil", "The code ends before it begins."))
        if len(self.ticket_ids) > TICKETS_MAX:
            problems.append(Problem("/ticketIds", f"A voucher names at most {TICKETS_MAX} tickets."))
        if len(self.note) > NOTE_LENGTH_MAX:
            problems.append(Problem("/note", f"The note has at most {NOTE_LENGTH_MAX} characters."))
        if problems:
            raise InvalidVoucherError(problems)

    @property
    def currency(self) -> str | None:
        """The one currency that the voucher speaks of, if any."""
        if isinstance(self.reduction, AmountOff):
            return self.reduction.amount.currency
        return self.minimum_total.currency if self.minimum_total else None

    def _reduction_problems(self) -> list[Problem]:
        match self.reduction:
            case PercentOff(basis_points):
                if not 1 <= basis_points <= BASIS_POINTS:
                    return [Problem("/reduction/rateBasisPoints", f"A share is 1 to {BASIS_POINTS} basis points.")]
            case AmountOff(amount):
                if amount.amount_minor < 1:
                    return [Problem("/reduction/amount", "The amount is more than 0.")]
        return []

    def _limit_problems(self) -> list[Problem]:
        problems: list[Problem] = []
        if self.minimum_total is not None and self.minimum_total.amount_minor < 1:
            problems.append(Problem("/minimumTotal", "The minimum is more than 0."))
        if self.minimum_total is not None and self.minimum_total.currency != self.currency:
            problems.append(Problem("/minimumTotal", "The minimum is in the currency of the amount."))
        for pointer, limit in (("/usesMax", self.uses_max), ("/usesPerAccountMax", self.uses_per_account_max)):
            if limit is not None and not 1 <= limit <= USES_MAX:
                problems.append(Problem(pointer, f"A limit is 1 to {USES_MAX} uses."))
        return problems


@dataclass(frozen=True, slots=True)
class Uses:
    """How many orders use a voucher: live ones, of everybody and of one account."""

    in_all: int
    of_account: int


class VoucherDeed(StrEnum):
    """What staff did to a voucher."""

    CREATED = "created"
    CHANGED = "changed"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class VoucherChange:
    """Who made or changed a voucher and when; `version` is what came of it, `members` are the ones that differ."""

    version: int
    at: datetime
    by: AccountId
    deed: VoucherDeed
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Voucher:
    """A code and its terms. `version` grows with each change by staff, not with uses."""

    id: VoucherId
    code: str
    terms: VoucherTerms
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def created(cls, voucher_id: VoucherId, *, code: str, terms: VoucherTerms, now: datetime) -> Self:
        """Return a new voucher; raises InvalidVoucherError for a code that is none."""
        kept = normalised(code)
        if CODE.fullmatch(kept) is None:
            message = "A code has 3 to 40 of A to Z, 0 to 9, - and _, and begins with a letter or digit."
            raise InvalidVoucherError([Problem("/code", message)])
        return cls(voucher_id, kept, terms, version=1, created_at=now, updated_at=now)

    def changed(self, terms: VoucherTerms, *, expected_version: int, now: datetime) -> Self:
        """Return the voucher with other terms; raises StaleVersionError unless the caller read this version."""
        if expected_version != self.version:
            raise StaleVersionError("The voucher was changed meanwhile.")
        return replace(self, terms=terms, version=self.version + 1, updated_at=now)

    def change_from(self, before: VoucherTerms | None, *, by: AccountId) -> VoucherChange:
        """Return the line that tells of this version, made of the terms before it; None for a new voucher."""
        if before is None:
            return VoucherChange(self.version, self.updated_at, by, VoucherDeed.CREATED)
        members = tuple(
            each.name for each in fields(self.terms) if getattr(self.terms, each.name) != getattr(before, each.name)
        )
        ends = before.active and not self.terms.active
        deed = VoucherDeed.DEACTIVATED if ends else VoucherDeed.CHANGED
        return VoucherChange(self.version, self.updated_at, by, deed, members)

    def discount_on(self, items: Sequence[OrderLine], *, now: datetime) -> Discount:
        """Return what the code takes off these items of one currency, of which there is at least one.

        A share is taken of the sum of the items it applies to, and rounded once. Raises VoucherUnknownError when it is
        not active, VoucherNotStartedError, VoucherExpiredError, VoucherNotApplicableError, VoucherMinimumError.
        """
        self.must_count(now=now)
        everything = total(item.unit_price * item.quantity for item in items)
        meant = [item for item in items if not self.terms.ticket_ids or item.ticket_id in self.terms.ticket_ids]
        if not meant or self.terms.currency not in {None, everything.currency}:
            raise VoucherNotApplicableError
        minimum = self.terms.minimum_total
        if minimum is not None and everything.amount_minor < minimum.amount_minor:
            raise VoucherMinimumError(minimum)
        off = self.terms.reduction.off(total(item.unit_price * item.quantity for item in meant))
        return Discount(code=discount_code(self.code), name=self.code, amount=off)

    def must_count(self, *, now: datetime) -> None:
        """Raise VoucherUnknownError when it is not active, VoucherNotStartedError or VoucherExpiredError."""
        if not self.terms.active:
            raise VoucherUnknownError
        if self.terms.valid_from is not None and now < self.terms.valid_from:
            raise VoucherNotStartedError
        if self.terms.valid_until is not None and now >= self.terms.valid_until:
            raise VoucherExpiredError

    def must_have_room(self, uses: Uses) -> None:
        """Raise VoucherUsedUpError or VoucherUsedByAccountError when there is no use left."""
        if self.terms.uses_max is not None and uses.in_all >= self.terms.uses_max:
            raise VoucherUsedUpError
        if self.terms.uses_per_account_max is not None and uses.of_account >= self.terms.uses_per_account_max:
            raise VoucherUsedByAccountError


def discount_code(code: str) -> str:
    """Return the code of the discount that a voucher gives; those of other discounts have no colon."""
    return f"voucher:{code}"

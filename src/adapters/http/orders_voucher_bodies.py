"""Vouchers as the API takes and shows them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.http.moments import moment_or_none
from adapters.http.money import MoneyBody, PriceBody
from core.orders.fees import BASIS_POINTS
from core.orders.vouchers import (
    NOTE_LENGTH_MAX,
    TICKETS_MAX,
    USES_MAX,
    AmountOff,
    PercentOff,
    Reduction,
    VoucherChange,
    VoucherTerms,
)
from core.shared.ids import TicketId
from usecases.orders.read_vouchers import UsedVoucher

type Tickets = Annotated[
    tuple[UUID, ...], Meta(max_length=TICKETS_MAX, description="What it applies to; all tickets if there are none.")
]
type Minimum = Annotated[PriceBody, Meta(description="What all items cost at least, before anything comes off.")]
type Beginning = Annotated[datetime, Meta(tz=True, description="From this moment on the code can be used.")]
type End = Annotated[datetime, Meta(tz=True, description="The code can be used until just before this moment.")]
type Limit = Annotated[int, Meta(ge=1, le=USES_MAX, description="Live orders that may use the code.")]
type Note = Annotated[str, Meta(max_length=NOTE_LENGTH_MAX, description="For staff.")]


class PercentageReductionBody(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="percentage",
):
    """A share of the items that the code applies to, in hundredths of a percent (1000 is 10 %)."""

    rate_basis_points: Annotated[int, Meta(ge=1, le=BASIS_POINTS)]

    def reduction(self) -> Reduction:
        return PercentOff(self.rate_basis_points)


class FixedReductionBody(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, tag_field="kind", tag="fixed"
):
    """An amount, once an order; never more than the items cost that the code applies to."""

    amount: PriceBody

    def reduction(self) -> Reduction:
        """Return the amount; raises UnknownCurrencyError."""
        return AmountOff(self.amount.money())


type ReductionBody = PercentageReductionBody | FixedReductionBody


class CreateVoucherBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A voucher to be made. Capitals and small letters of a code are the same."""

    code: Annotated[str, Meta(min_length=1, max_length=100, examples=["EARLY-10"])]
    reduction: ReductionBody
    ticket_ids: Tickets = ()
    minimum_total: Minimum | None = None
    valid_from: Beginning | None = None
    valid_until: End | None = None
    uses_max: Limit | None = None
    uses_per_account_max: Limit | None = None
    active: bool = True
    note: Note = ""

    def terms(self) -> VoucherTerms:
        """Return what is asked for; raises InvalidVoucherError, UnknownCurrencyError."""
        return VoucherTerms(
            reduction=self.reduction.reduction(),
            ticket_ids=frozenset(TicketId(id) for id in self.ticket_ids),
            minimum_total=self.minimum_total.money() if self.minimum_total else None,
            valid_from=moment_or_none(self.valid_from, "/validFrom"),
            valid_until=moment_or_none(self.valid_until, "/validUntil"),
            uses_max=self.uses_max,
            uses_per_account_max=self.uses_per_account_max,
            active=self.active,
            note=self.note,
        )


class ChangeVoucherBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change; members that are left out stay, and a null takes a limit away. The code stays as it is."""

    reduction: ReductionBody | UnsetType = UNSET
    ticket_ids: Tickets | UnsetType = UNSET
    minimum_total: Minimum | UnsetType | None = UNSET
    valid_from: Beginning | UnsetType | None = UNSET
    valid_until: End | UnsetType | None = UNSET
    uses_max: Limit | UnsetType | None = UNSET
    uses_per_account_max: Limit | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    note: Note | UnsetType = UNSET

    def applied(self, terms: VoucherTerms) -> VoucherTerms:
        """Return the terms with the change; raises InvalidVoucherError, UnknownCurrencyError."""
        minimum, begins, ends = self.minimum_total, self.valid_from, self.valid_until
        tickets, uses_max, per_account = self.ticket_ids, self.uses_max, self.uses_per_account_max
        return replace(
            terms,
            reduction=terms.reduction if isinstance(self.reduction, UnsetType) else self.reduction.reduction(),
            ticket_ids=terms.ticket_ids if tickets is UNSET else frozenset(TicketId(id) for id in tickets),
            minimum_total=terms.minimum_total if minimum is UNSET else minimum.money() if minimum else None,
            valid_from=terms.valid_from if begins is UNSET else moment_or_none(begins, "/validFrom"),
            valid_until=terms.valid_until if ends is UNSET else moment_or_none(ends, "/validUntil"),
            uses_max=terms.uses_max if uses_max is UNSET else uses_max,
            uses_per_account_max=terms.uses_per_account_max if per_account is UNSET else per_account,
            active=terms.active if self.active is UNSET else self.active,
            note=terms.note if self.note is UNSET else self.note,
        )


class VoucherChangeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who made or changed the voucher and when; `changed` names the members that differ since then."""

    version: int
    at: datetime
    by: UUID
    deed: Literal["created", "changed", "deactivated"]
    changed: tuple[str, ...]

    @staticmethod
    def of(change: VoucherChange) -> "VoucherChangeBody":
        """Return the change as the API shows it."""
        return VoucherChangeBody(
            version=change.version,
            at=change.at,
            by=change.by,
            deed=change.deed.value,
            changed=tuple(_camel(member) for member in change.members),
        )


class VoucherBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A voucher; `uses` are the live orders with it. `history`, oldest first, is given for one voucher only."""

    id: UUID
    code: str
    reduction: ReductionBody
    ticket_ids: tuple[UUID, ...]
    minimum_total: MoneyBody | None
    valid_from: datetime | None
    valid_until: datetime | None
    uses_max: int | None
    uses_per_account_max: int | None
    active: bool
    note: str
    uses: int
    version: int
    created_at: datetime
    updated_at: datetime
    history: tuple[VoucherChangeBody, ...] | UnsetType = UNSET

    @staticmethod
    def of(used: UsedVoucher) -> "VoucherBody":
        """Return the voucher as a list shows it."""
        voucher, terms = used.voucher, used.voucher.terms
        return VoucherBody(
            id=voucher.id,
            code=voucher.code,
            reduction=_reduction(terms.reduction),
            ticket_ids=tuple(sorted(terms.ticket_ids)),
            minimum_total=MoneyBody.of(terms.minimum_total) if terms.minimum_total else None,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            uses_max=terms.uses_max,
            uses_per_account_max=terms.uses_per_account_max,
            active=terms.active,
            note=terms.note,
            uses=used.uses,
            version=voucher.version,
            created_at=voucher.created_at,
            updated_at=voucher.updated_at,
        )

    @staticmethod
    def with_history(used: UsedVoucher, changes: Sequence[VoucherChange]) -> "VoucherBody":
        """Return the voucher as it is shown alone."""
        history = tuple(VoucherChangeBody.of(change) for change in changes)
        return msgspec.structs.replace(VoucherBody.of(used), history=history)


def _reduction(reduction: Reduction) -> ReductionBody:
    if isinstance(reduction, PercentOff):
        return PercentageReductionBody(rate_basis_points=reduction.basis_points)
    amount = PriceBody(amount=reduction.amount.amount_minor, currency=reduction.amount.currency)
    return FixedReductionBody(amount=amount)


def _camel(member: str) -> str:
    first, *others = member.split("_")
    return first + "".join(part.capitalize() for part in others)

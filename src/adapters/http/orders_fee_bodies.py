"""Fees, taxes and quotes as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.money import MoneyBody, PriceBody
from adapters.http.order_bodies import DiscountBody, FeeBody, TaxBody
from core.orders.content import OrderContent
from core.orders.fee_schedule import (
    CODE_LENGTH_MAX,
    FEES_MAX,
    NAME_LENGTH_MAX,
    TAX_RATES_MAX,
    FeeSchedule,
    FeeScheduleChange,
)
from core.orders.fees import BASIS_POINTS, FeeRule, FeeUnit, FixedFee, PercentageFee
from core.orders.taxes import TaxRate
from core.shared.ids import TicketId
from usecases.orders.quote_order import QuotedItem

QUOTED_ITEMS_MAX = 50
QUOTED_QUANTITY_MAX = 1_000

Code = Annotated[str, Meta(min_length=1, max_length=CODE_LENGTH_MAX, pattern="^[a-z0-9_-]+$", examples=["booking"])]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX, examples=["Booking fee"])]


class FixedFeeBody(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, tag_field="kind", tag="fixed"
):
    """The same amount for each order in its currency, or for each admission that has a price."""

    code: Code
    name: Name
    amount: PriceBody
    per: Literal["order", "admission"] = "order"
    passed_on: bool = True

    def rule(self) -> FeeRule:
        """Return the fee; raises UnknownCurrencyError."""
        return FixedFee(self.code, self.name, self.amount.money(), FeeUnit(self.per), self.passed_on)


class PercentageFeeBody(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="percentage",
):
    """A part of the items after the discounts, in hundredths of a percent (250 is 2.5 %)."""

    code: Code
    name: Name
    rate_basis_points: Annotated[int, Meta(ge=1, le=BASIS_POINTS)]
    passed_on: bool = True

    def rule(self) -> FeeRule:
        """Return the fee."""
        return PercentageFee(self.code, self.name, self.rate_basis_points, self.passed_on)


class TaxRateBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The rate of a country, or, without one, that of all others; `included` where prices and fees have it in them."""

    code: Code
    name: Name
    rate_basis_points: Annotated[int, Meta(ge=0, le=BASIS_POINTS)]
    included: bool
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])] | None = None

    def rate(self) -> TaxRate:
        """Return the rate."""
        return TaxRate(self.code, self.name, self.rate_basis_points, self.included, self.country)


class OrderFeesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The fees of an organisation, passed on to its buyers or absorbed, and its tax rates: all of them together."""

    fees: Annotated[list[FixedFeeBody | PercentageFeeBody], Meta(max_length=FEES_MAX)]
    taxes: Annotated[list[TaxRateBody], Meta(max_length=TAX_RATES_MAX)]

    def schedule(self) -> FeeSchedule:
        """Return what is wanted; raises InvalidFeeScheduleError, UnknownCurrencyError."""
        return FeeSchedule(tuple(fee.rule() for fee in self.fees), tuple(tax.rate() for tax in self.taxes))

    @staticmethod
    def of(schedule: FeeSchedule) -> "OrderFeesBody":
        """Return the schedule as the API shows it."""
        return OrderFeesBody(fees=[_fee(fee) for fee in schedule.fees], taxes=[_rate(tax) for tax in schedule.taxes])


class OrderFeesChangeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One version of the fees and tax rates, with the account that set it."""

    version: int
    fees: tuple[FixedFeeBody | PercentageFeeBody, ...]
    taxes: tuple[TaxRateBody, ...]
    changed_by: UUID
    changed_at: datetime

    @staticmethod
    def of(change: FeeScheduleChange) -> "OrderFeesChangeBody":
        """Return the change as the API shows it."""
        return OrderFeesChangeBody(
            version=change.schedule.version,
            fees=tuple(_fee(fee) for fee in change.schedule.fees),
            taxes=tuple(_rate(tax) for tax in change.schedule.taxes),
            changed_by=change.changed_by,
            changed_at=change.changed_at,
        )


class QuotedItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Admissions of one ticket; `unitPrice` is a seat's as its map shows it, and by default that of the ticket."""

    ticket_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=QUOTED_QUANTITY_MAX)]
    unit_price: PriceBody | None = None


class QuoteOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What might be ordered."""

    items: Annotated[list[QuotedItemBody], Meta(min_length=1, max_length=QUOTED_ITEMS_MAX)]

    def wanted(self) -> tuple[QuotedItem, ...]:
        """Return what is to be quoted; raises UnknownCurrencyError."""
        return tuple(
            QuotedItem(TicketId(item.ticket_id), item.quantity, item.unit_price.money() if item.unit_price else None)
            for item in self.items
        )


class QuoteBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an order would cost: the items, what comes off, what comes on top, and the total, all in."""

    items_total: MoneyBody
    discounts: tuple[DiscountBody, ...]
    fees: tuple[FeeBody, ...]
    taxes: tuple[TaxBody, ...]
    total: MoneyBody

    @staticmethod
    def of(content: OrderContent, *, for_staff: bool) -> "QuoteBody":
        """Return the quote as the API shows it; absorbed fees are shown to staff alone."""
        return QuoteBody(
            items_total=MoneyBody.of(content.items_total),
            discounts=tuple(DiscountBody.of(discount) for discount in content.discounts),
            fees=FeeBody.of_order(content, for_staff=for_staff),
            taxes=tuple(TaxBody.of(tax) for tax in content.taxes),
            total=MoneyBody.of(content.total),
        )


def _fee(fee: FeeRule) -> FixedFeeBody | PercentageFeeBody:
    if isinstance(fee, PercentageFee):
        rate = fee.rate_basis_points
        return PercentageFeeBody(code=fee.code, name=fee.name, rate_basis_points=rate, passed_on=fee.passed_on)
    amount = PriceBody(amount=fee.amount.amount_minor, currency=fee.amount.currency)
    return FixedFeeBody(code=fee.code, name=fee.name, amount=amount, per=fee.per.value, passed_on=fee.passed_on)


def _rate(tax: TaxRate) -> TaxRateBody:
    return TaxRateBody(
        code=tax.code,
        name=tax.name,
        rate_basis_points=tax.rate_basis_points,
        included=tax.included,
        country=tax.country,
    )

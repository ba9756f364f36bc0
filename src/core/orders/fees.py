"""The fees that an organisation defines, and what they come to on an order."""

from dataclasses import dataclass
from enum import StrEnum

from core.orders.content import Fee, OrderContent
from core.shared.money import Money

BASIS_POINTS = 10_000
"""Hundredths of a percent in a whole."""


class FeeUnit(StrEnum):
    """What a fixed fee is taken for."""

    ORDER = "order"
    ADMISSION = "admission"


@dataclass(frozen=True, slots=True)
class FixedFee:
    """The same amount for each order in its currency, or for each admission that has a price.

    Orders in another currency do not have it: who sells in several currencies defines the fee once for each.
    """

    code: str
    name: str
    amount: Money
    per: FeeUnit = FeeUnit.ORDER
    passed_on: bool = True

    @property
    def currency(self) -> str | None:
        return self.amount.currency

    def amount_on(self, content: OrderContent) -> Money:
        """Return what the fee comes to; 0 for an order in another currency."""
        if self.amount.currency != content.currency:
            return Money.zero(content.currency)
        priced = sum(item.quantity for item in content.items if item.unit_price.amount_minor > 0)
        return self.amount * (priced if self.per is FeeUnit.ADMISSION else 1)


@dataclass(frozen=True, slots=True)
class PercentageFee:
    """A part of the items after the discounts, in hundredths of a percent; it is the same in every currency."""

    code: str
    name: str
    rate_basis_points: int
    passed_on: bool = True

    @property
    def currency(self) -> str | None:
        return None

    def amount_on(self, content: OrderContent) -> Money:
        """Return what the fee comes to, rounded once for the whole order; exact halves of a minor unit go up."""
        return content.discounted.share(self.rate_basis_points, of=BASIS_POINTS)


type FeeRule = FixedFee | PercentageFee


def fees_on(content: OrderContent, rules: tuple[FeeRule, ...]) -> tuple[Fee, ...]:
    """Return the fees of an order with these items and discounts, in the order of the rules.

    An order that costs nothing after its discounts stays free: it has no fees. Fees are taken on the items alone, never
    on one another, and one that comes to nothing is left out.
    """
    if content.discounted.amount_minor == 0:
        return ()
    fees = (Fee(rule.code, rule.name, rule.amount_on(content), rule.passed_on) for rule in rules)
    return tuple(fee for fee in fees if fee.amount.amount_minor > 0)

"""What each place of an order has cost its buyer, so that all of them together cost exactly what was paid."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.orders.content import OrderContent
from core.shared.ids import OrderItemId

type Unit = tuple[OrderItemId, int]
"""One admission: an item, and which of its places, counted from 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """One admission's part of the order, in minor units: its price, what comes off, and fees and taxes on top."""

    price_minor: int
    discount_minor: int
    fees_minor: int
    tax_minor: int

    @property
    def ticket_minor(self) -> int:
        """What the admission itself cost, without fees and taxes on top; never below 0."""
        return self.price_minor - self.discount_minor

    @property
    def extras_minor(self) -> int:
        """What was paid on top of the admission itself."""
        return self.fees_minor + self.tax_minor


def shares_of(content: OrderContent) -> Mapping[Unit, Share]:
    """Return the share of every admission, in the order of the items; they add up to the order's total."""
    units = [(item.id, unit) for item in content.items for unit in range(1, item.quantity + 1)]
    prices = [item.unit_price.amount_minor for item in content.items for _ in range(item.quantity)]
    discounts = [part.amount_minor for part in (content.items_total - content.discounted).apportioned(prices)]
    paid = [price - discount for price, discount in zip(prices, discounts, strict=True)]
    fees = [part.amount_minor for part in content.fees_passed_on.apportioned(paid)]
    on_top = content.total - content.discounted - content.fees_passed_on
    taxes = [part.amount_minor for part in on_top.apportioned(paid)]
    return {
        unit: Share(price, discount, fee, tax)
        for unit, price, discount, fee, tax in zip(units, prices, discounts, fees, taxes, strict=True)
    }

"""Named prices, and how they change by themselves."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from core.shared.ids import PriceTierId
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What something costs from `at` on."""

    at: datetime
    price: Money


@dataclass(frozen=True, slots=True)
class PriceTier:
    """A named price, and its changes in the order of their times; `price` counts before the first of them."""

    id: PriceTierId
    name: str
    price: Money
    changes: tuple[PriceChange, ...] = ()

    def price_at(self, now: datetime) -> Money:
        """Return the price of a moment; at the time of a change that is the new one."""
        past = bisect_right(self.changes, now, key=_time_of)
        return self.changes[past - 1].price if past else self.price


def _time_of(change: PriceChange) -> datetime:
    return change.at

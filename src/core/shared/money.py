"""Money: integer minor units of an ISO 4217 currency. Never a float, never two currencies in one sum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self, override

from iso4217 import Currency

from core.shared.errors import DomainError

PRICE_MAX_MINOR = 99_999_999
"""The highest amount of one charge at Stripe: what is dearer could never be paid."""


class UnknownCurrencyError(DomainError):
    """The code is not an active ISO 4217 currency with a minor unit."""

    code = "money.unknown_currency"


class MixedCurrenciesError(DomainError):
    """Two currencies met in one sum, cart or comparison."""

    code = "money.mixed_currencies"


@lru_cache(maxsize=256)
def minor_unit_exponent(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217: EUR 2, JPY 0, KWD 3).

    Raises UnknownCurrencyError for a code that is not listed or has no minor unit (gold, test codes).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise UnknownCurrencyError(f"{currency!r} is not an ISO 4217 currency code.") from None
    if exponent is None:
        raise UnknownCurrencyError(f"{currency} has no minor unit and cannot price a ticket.")
    return exponent


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents, yen, fils) of one currency."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        minor_unit_exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    def __add__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.amount_minor - other.amount_minor, self.currency)

    def __mul__(self, quantity: int) -> Self:
        return type(self)(self.amount_minor * quantity, self.currency)

    def share(self, part: int, *, of: int) -> Self:
        """Return part/of of the amount, rounded to the minor unit; exact halves go up."""
        return type(self)((2 * self.amount_minor * part + of) // (2 * of), self.currency)

    def apportioned(self, weights: Sequence[int]) -> tuple[Self, ...]:
        """Split the amount in proportion to the weights; the parts add up to it exactly.

        Each part is rounded down, and the minor units that are left over go, one each, to the parts that lost most by
        it (the method of the largest remainder), the earlier of two that lost the same. Weights of nothing but 0 count
        as equal. Raises ValueError for an amount or a weight below 0, and for no weights at all.
        """
        if not weights or min(self.amount_minor, *weights) < 0:
            raise ValueError("only amounts of 0 or more are split, by one weight or more, each 0 or more")
        whole = sum(weights)
        shares = [divmod(self.amount_minor * weight, whole) for weight in weights] if whole else []
        if not shares:
            shares = [divmod(self.amount_minor, len(weights))] * len(weights)
        left = self.amount_minor - sum(down for down, _ in shares)
        favoured = sorted(range(len(shares)), key=lambda position: -shares[position][1])[:left]
        return tuple(
            type(self)(down + (position in favoured), self.currency) for position, (down, _) in enumerate(shares)
        )

    def _same_currency(self, other: Self) -> None:
        if self.currency != other.currency:
            raise MixedCurrenciesError(f"{self.currency} and {other.currency} cannot stand in one sum.")

    @override
    def __str__(self) -> str:
        exponent = minor_unit_exponent(self.currency)
        if exponent == 0:
            return f"{self.amount_minor} {self.currency}"
        sign = "-" if self.amount_minor < 0 else ""
        units, rest = divmod(abs(self.amount_minor), 10**exponent)
        return f"{sign}{units}.{rest:0{exponent}d} {self.currency}"


def total(amounts: Iterable[Money]) -> Money:
    """Add up one or more amounts of one currency; raises MixedCurrenciesError, and ValueError for none at all."""
    first, *rest = amounts
    result = first
    for amount in rest:
        result = result + amount
    return result

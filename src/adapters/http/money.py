"""Money as the API takes and shows it: integer minor units (cents, yen, fils) and an ISO 4217 code."""

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from core.shared.money import PRICE_MAX_MINOR, Money


class MoneyBody(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        """Return the money as the API shows it."""
        return cls(amount=money.amount_minor, currency=money.currency)


class PriceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price to be set, in minor units of an ISO 4217 currency."""

    amount: Annotated[int, Meta(ge=0, le=PRICE_MAX_MINOR)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]

    def money(self) -> Money:
        """Return the price; raises UnknownCurrencyError for a code that ISO 4217 does not list."""
        return Money(self.amount, self.currency)

"""Prices as clients send them: with their limits, from both sides."""

import msgspec
import pytest

from adapters.http.money import MoneyBody, PriceBody
from core.shared.money import PRICE_MAX_MINOR, Money


def test_a_price_goes_from_nothing_to_its_limit() -> None:
    for amount in (0, PRICE_MAX_MINOR):
        price = msgspec.convert({"amount": amount, "currency": "EUR"}, PriceBody)
        assert price.money() == Money(amount, "EUR")
        assert msgspec.to_builtins(MoneyBody.of(price.money())) == {"amount": amount, "currency": "EUR"}


def test_a_price_beyond_its_limits_is_refused() -> None:
    good = {"amount": 1, "currency": "EUR"}
    wrong = ({"amount": -1}, {"amount": PRICE_MAX_MINOR + 1}, {"amount": 1.5}, {"currency": "eur"}, {"vat": 19})
    for change in wrong:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(good | change, PriceBody)

"""Prices as clients send them: each with its limits, from both sides."""

import msgspec
import pytest

from adapters.http.money import AMOUNT_MAX_MINOR, MoneyBody, PriceBody
from adapters.http.tickets import TicketPriceBody
from core.shared.money import Money
from core.ticketing.ticket import PRICE_MAX_MINOR

every_price = pytest.mark.parametrize(
    ("body", "most_minor"), [(PriceBody, AMOUNT_MAX_MINOR), (TicketPriceBody, PRICE_MAX_MINOR)]
)


@every_price
def test_a_price_goes_from_nothing_to_its_limit(body: type[PriceBody], most_minor: int) -> None:
    for amount in (0, most_minor):
        price = msgspec.convert({"amount": amount, "currency": "EUR"}, body)
        assert price.money() == Money(amount, "EUR")
        assert msgspec.to_builtins(MoneyBody.of(price.money())) == {"amount": amount, "currency": "EUR"}


@every_price
def test_a_price_beyond_its_limits_is_refused(body: type[PriceBody], most_minor: int) -> None:
    good = {"amount": 1, "currency": "EUR"}
    wrong = ({"amount": -1}, {"amount": most_minor + 1}, {"amount": 1.5}, {"currency": "eur"}, {"vat": 19})
    for change in wrong:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(good | change, body)

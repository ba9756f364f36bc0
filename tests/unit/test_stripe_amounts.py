"""Money on its way to Stripe and back, with the currencies that Stripe counts in its own way."""

import pytest

from adapters.stripe.amounts import from_stripe, to_stripe
from core.payments.errors import ProviderRefusedError
from core.shared.money import Money


@pytest.mark.parametrize(
    ("money", "at_stripe"),
    [
        (Money(7500, "EUR"), (7500, "eur")),
        (Money(500, "JPY"), (500, "jpy")),
        (Money(12340, "KWD"), (12340, "kwd")),
        (Money(5, "ISK"), (500, "isk")),
        (Money(5, "UGX"), (500, "ugx")),
        (Money(500, "MGA"), (5, "mga")),
    ],
)
def test_an_amount_goes_to_stripe_and_comes_back_the_same(money: Money, at_stripe: tuple[int, str]) -> None:
    assert to_stripe(money) == at_stripe
    assert from_stripe(*at_stripe) == money


@pytest.mark.parametrize("money", [Money(12345, "KWD"), Money(501, "MGA")])
def test_an_amount_that_stripe_cannot_charge_is_refused(money: Money) -> None:
    with pytest.raises(ProviderRefusedError):
        to_stripe(money)

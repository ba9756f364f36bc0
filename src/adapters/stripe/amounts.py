"""Amounts as Stripe counts them: nearly always ISO 4217 minor units, in lower case.

Exceptions (https://docs.stripe.com/currencies, "special cases" and "zero-decimal"): ISK and UGX have no decimals in
ISO 4217 but two at Stripe, MGA has two and is without decimals there, and three-decimal currencies are charged in
steps of ten.
"""

from core.payments.errors import ProviderRefusedError
from core.shared.money import Money, minor_unit_exponent

_EXPONENTS = {"ISK": 2, "UGX": 2, "MGA": 0}
_THREE_DECIMALS = 3


def to_stripe(amount: Money) -> tuple[int, str]:
    """Return (amount, currency) for Stripe; raises ProviderRefusedError for an amount that it cannot charge."""
    exponent = minor_unit_exponent(amount.currency)
    if exponent == _THREE_DECIMALS and amount.amount_minor % 10:
        raise ProviderRefusedError(f"{amount} cannot be charged: the last digit has to be 0.")
    minor, rest = _scaled(amount.amount_minor, by=_EXPONENTS.get(amount.currency, exponent) - exponent)
    if rest:
        raise ProviderRefusedError(f"{amount} cannot be charged: {amount.currency} is charged in whole units.")
    return minor, amount.currency.lower()


def from_stripe(amount: int, currency: str) -> Money:
    """Return an amount of Stripe's as money; a fraction of a minor unit, which we never asked for, is left out."""
    code = currency.upper()
    exponent = minor_unit_exponent(code)
    return Money(_scaled(amount, by=exponent - _EXPONENTS.get(code, exponent))[0], code)


def _scaled(amount: int, *, by: int) -> tuple[int, int]:
    return (amount * 10**by, 0) if by >= 0 else divmod(amount, 10**-by)

"""How the price of a resold pass is divided: the platform's fee, the organiser's royalty, and the seller's money."""

from dataclasses import dataclass

from core.resale.policies.policy import PolicyChain
from core.resale.policies.policy_rules import combined
from core.shared.money import Money, minor_unit_exponent

WHOLE_BASIS_POINTS = 10_000
_THREE_DECIMALS = 3
_STEPS = {"MGA": 100}
"""Ariary are moved whole (https://docs.stripe.com/currencies), although ISO 4217 gives them two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResaleFees:
    """Shares of a resale price in basis points (100 are one per cent); together they are the whole price at most.

    Raises ValueError for shares below 0 or above the whole.
    """

    platform_basis_points: int = 0
    royalty_basis_points: int = 0

    def __post_init__(self) -> None:
        shares = (self.platform_basis_points, self.royalty_basis_points)
        if min(shares) < 0 or sum(shares) > WHOLE_BASIS_POINTS:
            raise ValueError(f"fees of a resale are from 0 to {WHOLE_BASIS_POINTS} basis points together, not {shares}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Who gets what of a price; the three add up to it exactly."""

    seller: Money
    royalty: Money
    platform_fee: Money

    @property
    def price(self) -> Money:
        return self.seller + self.royalty + self.platform_fee


def fees_of(chain: PolicyChain) -> ResaleFees:
    """Return the fees for a pass: of each, what the narrowest policy says that says anything; nothing said is 0.

    Where the two come to more than the price, the royalty gives way: the platform's fee is part of what was agreed
    for every resale.
    """
    policy = combined(chain)
    platform = policy.platform_fee_basis_points or 0
    royalty = min(policy.royalty_basis_points or 0, WHOLE_BASIS_POINTS - platform)
    return ResaleFees(platform_basis_points=platform, royalty_basis_points=royalty)


def split_of(price: Money, fees: ResaleFees) -> Split:
    """Divide a price: fee and royalty are rounded down to what can be moved, and the seller gets all the rest.

    What can be moved is one minor unit, or ten in a currency of three decimals, where Stripe takes no last digit but 0.
    Raises ValueError for a price below 0.
    """
    if price.amount_minor < 0:
        raise ValueError("a price is 0 or more")
    platform_fee = _floored(price, fees.platform_basis_points)
    royalty = _floored(price, fees.royalty_basis_points)
    return Split(seller=price - platform_fee - royalty, royalty=royalty, platform_fee=platform_fee)


def _floored(price: Money, basis_points: int) -> Money:
    share = price.amount_minor * basis_points // WHOLE_BASIS_POINTS
    step = 10 if minor_unit_exponent(price.currency) == _THREE_DECIMALS else _STEPS.get(price.currency, 1)
    return Money(share - share % step, price.currency)

"""What the platform keeps of a payment, and the account that the rest goes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.payments.accounts import ConnectedAccount
from core.payments.destination import Destination
from core.payments.errors import ChargesNotEnabledError, SeveralAccountsError
from core.shared.errors import InvalidInputError, Problem
from core.shared.money import Money, minor_unit_exponent

WHOLE_BASIS_POINTS = 10_000
FIXED_MAX_MINOR = 1_000_000
_THREE_DECIMALS = 3
_STEPS = {"MGA": 100}
"""Ariary are charged whole (https://docs.stripe.com/currencies), although ISO 4217 gives them two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFee:
    """A share of each payment in basis points (100 are one per cent), and a fixed amount in its minor units."""

    basis_points: int = 0
    fixed_minor: int = 0

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not 0 <= self.basis_points <= WHOLE_BASIS_POINTS:
            problems.append(Problem("/basisPoints", f"The share must be from 0 to {WHOLE_BASIS_POINTS} basis points."))
        if not 0 <= self.fixed_minor <= FIXED_MAX_MINOR:
            problems.append(Problem("/fixedMinor", f"The fixed amount must be from 0 to {FIXED_MAX_MINOR}."))
        if problems:
            raise InvalidInputError(" ".join(each.message for each in problems), problems)

    def of(self, amount: Money) -> int:
        """Return the fee in minor units: rounded down to what can be charged, and never more than the payment."""
        share = amount.amount_minor * self.basis_points // WHOLE_BASIS_POINTS
        fee = min(share + self.fixed_minor, amount.amount_minor)
        step = 10 if minor_unit_exponent(amount.currency) == _THREE_DECIMALS else _STEPS.get(amount.currency, 1)
        return fee - fee % step


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTerms:
    """Whether payments need a connected account (`required`), and the fee of organisations without one of their own."""

    required: bool
    fee: PlatformFee = PlatformFee()


def destination_of(accounts: Sequence[ConnectedAccount | None], *, fee: PlatformFee, amount: Money) -> Destination:
    """Return where a payment goes for venues that have these accounts.

    Raises ChargesNotEnabledError when a venue has none that may charge, SeveralAccountsError for more than one.
    """
    ids: set[str] = set()
    for account in accounts:
        if account is None or account.account_id is None or not account.charges_enabled:
            raise ChargesNotEnabledError
        ids.add(account.account_id)
    if not ids:
        raise ChargesNotEnabledError
    if len(ids) > 1:
        raise SeveralAccountsError
    return Destination(ids.pop(), fee.of(amount))

"""Sales at the box office: staff sell what they hold for a customer, and Stripe takes no part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.orders.content import Discount, OrderLine
from core.shared.ids import AccountId
from core.shared.money import total

COMPLIMENTARY = "complimentary"
"""The code of the discount that takes everything off; no voucher's discount is called so."""

NOTE_LENGTH_MAX = 500


class Settlement(StrEnum):
    """How a sale is settled."""

    CASH = "cash"
    """The total is taken by hand; giving it back is done by hand too."""

    COMPLIMENTARY = "complimentary"
    """Nothing is taken."""


@dataclass(frozen=True, slots=True)
class BoxOfficeSale:
    """Who sold, how it is settled, and why, for other staff to read."""

    by: AccountId
    settlement: Settlement
    note: str = ""

    def discounts_on(self, items: Sequence[OrderLine]) -> tuple[Discount, ...]:
        """Return one discount of everything where nothing is taken, and none for cash.

        What costs nothing after its discounts has no fees and no taxes, so nothing is left to pay.
        """
        if self.settlement is Settlement.CASH:
            return ()
        return (Discount(COMPLIMENTARY, "Complimentary", total(item.unit_price * item.quantity for item in items)),)

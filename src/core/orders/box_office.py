"""Sales at the box office: staff sell what they hold for a customer, and Stripe takes no part in it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from core.orders.content import Discount, OrderContent
from core.shared.ids import AccountId

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

    def priced(self, content: OrderContent) -> OrderContent:
        """Return the content with nothing left to pay for a complimentary order; a cash order is as it was."""
        return given_away(content) if self.settlement is Settlement.COMPLIMENTARY else content


def given_away(content: OrderContent) -> OrderContent:
    """Return the content with a discount of everything: the organiser bears the fees, and nothing is taxed."""
    everything = Discount(COMPLIMENTARY, "Complimentary", content.items_total)
    borne = tuple(replace(fee, passed_on=False) for fee in content.fees)
    return replace(content, discounts=(everything,), fees=borne, taxes=())

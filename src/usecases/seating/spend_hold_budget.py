"""Spend of the budget of holds."""

from dataclasses import dataclass

from core.seating.errors import TooManyHoldsError
from core.seating.hold_budget import HoldTerms
from core.shared.callers import STAFF, Caller
from ports.clock import Clock
from ports.hold_budget import HoldBudget


@dataclass(frozen=True, slots=True)
class SpendHoldBudget:
    """Asked before each hold of a buyer; staff of the organisation may hold as often as their work needs."""

    budget: HoldBudget
    terms: HoldTerms
    clock: Clock

    async def __call__(self, *, caller: Caller, address: str | None) -> None:
        """Count the attempt; raises TooManyHoldsError when the account or the address has had too many.

        `address` is the client's, as far as it is known. An attempt counts whatever becomes of it, since a crowd that
        is refused is as much work as one that is served.
        """
        if caller.role in STAFF:
            return
        wait_s = self.budget.spend(self.terms.spenders(caller.account_id, address), now=self.clock.now())
        if wait_s:
            raise TooManyHoldsError(wait_s)

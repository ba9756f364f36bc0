"""How many holds somebody may ask for: so many in any window of time, whichever of them were granted."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.shared.ids import AccountId
from core.shared.networks import network_of


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """The most attempts of an account, and of an address, in a window; 0 for as many as they like."""

    per_account_max: int
    per_address_max: int

    def spenders(self, account_id: AccountId, address: str | None) -> Mapping[str, int]:
        """Return who spends, each with its most attempts, when this account asks from this address (None: unknown)."""
        found: dict[str, int] = {}
        if self.per_account_max:
            found[f"account:{account_id}"] = self.per_account_max
        network = network_of(address) if self.per_address_max and address is not None else None
        if network is not None:
            found[f"address:{network}"] = self.per_address_max
        return found

"""How many holds somebody may ask for: so many in any window of time, whichever of them were granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from core.shared.ids import AccountId
from core.shared.networks import network_of

SLOTS = 6
"""A window is counted in so many slots and the one that is not over yet."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class Window:
    """A window of `seconds`, and which slot of time a moment is in.

    Whole slots are counted, so an attempt counts for a window and at most one slot longer: the limit is never
    exceeded in any window, and the last attempts before a pause are remembered up to a slot too long.
    """

    seconds: int

    def slot_of(self, now: datetime) -> int:
        return int(self._slots(now))

    def first_of(self, now: datetime) -> int:
        """Return the oldest slot that counts at this moment."""
        return self.slot_of(now) - SLOTS

    def wait_s(self, counts: Mapping[int, int], *, attempts_max: int, now: datetime) -> int:
        """Return how many seconds from now one more attempt is allowed: 0 for now."""
        slot = self.slot_of(now)
        room = attempts_max - sum(count for at, count in counts.items() if slot - SLOTS <= at <= slot)
        for at in range(slot - SLOTS, slot + 1):
            if room > 0:
                break
            room += counts.get(at, 0)
            if room > 0:  # what was counted in this slot ends with the window after it
                return max(1, ceil((at + SLOTS + 1 - self._slots(now)) * self.seconds / SLOTS))
        return 0 if room > 0 else self.seconds

    def _slots(self, now: datetime) -> float:
        return (now - _BEGINNING).total_seconds() * SLOTS / self.seconds

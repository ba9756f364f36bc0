"""Windows of time that move on in slots, for whoever counts in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

SLOTS = 6
"""A window is counted in so many slots and the one that is not over yet."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


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

    def spent(self, counts: Mapping[int, int], *, now: datetime) -> int:
        """Return how many attempts count at this moment."""
        slot = self.slot_of(now)
        return sum(count for at, count in counts.items() if slot - SLOTS <= at <= slot)

    def frees_s(self, counts: Mapping[int, int], *, now: datetime) -> int:
        """Return in how many seconds the oldest attempts that count end: 0 where none count."""
        slot = self.slot_of(now)
        oldest = min((at for at in counts if slot - SLOTS <= at <= slot), default=None)
        return 0 if oldest is None else self._ends_s(oldest, now)

    def wait_s(self, counts: Mapping[int, int], *, attempts_max: int, now: datetime) -> int:
        """Return how many seconds from now one more attempt is allowed: 0 for now."""
        slot = self.slot_of(now)
        room = attempts_max - self.spent(counts, now=now)
        for at in range(slot - SLOTS, slot + 1):
            if room > 0:
                break
            room += counts.get(at, 0)
            if room > 0:
                return self._ends_s(at, now)
        return 0 if room > 0 else self.seconds

    def _ends_s(self, slot: int, now: datetime) -> int:
        """Return in how many seconds what was counted in a slot ends: with the window after it."""
        return max(1, ceil((slot + SLOTS + 1 - self._slots(now)) * self.seconds / SLOTS))

    def _slots(self, now: datetime) -> float:
        return (now - _BEGINNING).total_seconds() * SLOTS / self.seconds

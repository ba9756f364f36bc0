"""Rate limits within one process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from core.shared.windows import Window
from ports.rate_limits import Allowance, RateLimiter

KEYS_MAX = 100_000
"""A key takes about half a kilobyte."""


@dataclass(slots=True)
class _Tally:
    """What was counted by slot, and what of that nobody else was told of."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    untold: dict[int, int] = field(default_factory=dict[int, int])


class MemoryRateLimiter(RateLimiter):
    """Counts in slots of a window; another adapter may take from it what to tell others, and take a count back."""

    def __init__(self, *, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._tallies: dict[tuple[str, int], _Tally] = {}

    @override
    async def take(self, key: str, *, limit: int, window_s: int, now: datetime) -> Allowance:
        return self.decide(key, limit=limit, window_s=window_s, now=now)

    def decide(self, key: str, *, limit: int, window_s: int, now: datetime) -> Allowance:
        """Do what `take` promises."""
        window = Window(window_s)
        tally = self._tallies.get((key, window_s))
        if tally is not None:
            spent = window.spent(tally.counts, now=now)
            if spent >= limit:
                wait_s = window.wait_s(tally.counts, attempts_max=limit, now=now)
                return Allowance(allowed=False, limit=limit, remaining=0, reset_s=wait_s)
        else:
            spent = 0
        tally = self._youngest((key, window_s), tally)
        slot = window.slot_of(now)
        if slot not in tally.counts:
            for counted in (tally.counts, tally.untold):
                # Those that are still to come are of a clock that was ahead.
                for old in [at for at in counted if not window.first_of(now) <= at <= slot]:
                    del counted[old]
        tally.counts[slot] = tally.counts.get(slot, 0) + 1
        reset_s = window.frees_s(tally.counts, now=now)
        return Allowance(allowed=True, limit=limit, remaining=limit - spent - 1, reset_s=reset_s)

    def _youngest(self, key: tuple[str, int], tally: _Tally | None) -> _Tally:
        """Put the tally of a key, or a new one, at the end: those that were quiet longest stand first."""
        if tally is not None:
            del self._tallies[key]
        else:
            while len(self._tallies) >= self._keys_max:
                del self._tallies[next(iter(self._tallies))]
            tally = _Tally()
        self._tallies[key] = tally
        return tally

    def give_back(self, key: str, *, window_s: int, now: datetime) -> None:
        """Count one less of those that were counted at this moment."""
        tally = self._tallies.get((key, window_s))
        slot = Window(window_s).slot_of(now)
        if tally is not None and slot in tally.counts:
            tally.counts[slot] -= 1
            if not tally.counts[slot]:
                del tally.counts[slot]

    def leave_untold(self, key: str, counts: Mapping[int, int], *, window_s: int) -> None:
        """Remember, by slot, what others are still to be told of."""
        tally = self._tallies.get((key, window_s))
        if tally is not None:
            for slot, count in counts.items():
                tally.untold[slot] = tally.untold.get(slot, 0) + count

    def take_untold(self, key: str, *, window_s: int) -> Mapping[int, int]:
        """Return, by slot, what others are still to be told of; whoever takes it tells them."""
        tally = self._tallies.get((key, window_s))
        if tally is None or not tally.untold:
            return {}
        untold, tally.untold = tally.untold, {}
        return untold

"""Hold budgets within one process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from core.shared.windows import Window
from ports.hold_budget import HoldBudget

SPENDERS_MAX = 100_000
"""A spender takes about half a kilobyte."""


@dataclass(slots=True)
class _Tally:
    """The attempts of a spender by slot: its own here, and what is known of elsewhere."""

    attempts_max: int
    here: dict[int, int] = field(default_factory=dict[int, int])
    elsewhere: Mapping[int, int] = field(default_factory=dict[int, int])

    def counts(self) -> Mapping[int, int]:
        if not self.elsewhere:
            return self.here
        slots = {*self.here, *self.elsewhere}
        return {slot: self.here.get(slot, 0) + self.elsewhere.get(slot, 0) for slot in slots}


class MemoryHoldBudget(HoldBudget):
    """Counts what is spent here; another adapter may take from it what to tell, and add what was spent elsewhere."""

    def __init__(self, window_s: int, *, spenders_max: int = SPENDERS_MAX) -> None:
        self.window = Window(window_s)
        self._spenders_max = spenders_max
        self._tallies: dict[str, _Tally] = {}
        self._untold: set[str] = set()

    @override
    def spend(self, spenders: Mapping[str, int], *, now: datetime) -> int:
        wait_s = 0
        for name, attempts_max in spenders.items():
            tally = self._tallies.get(name)
            if tally is not None:
                wait_s = max(wait_s, self.window.wait_s(tally.counts(), attempts_max=attempts_max, now=now))
        if not wait_s:
            for name, attempts_max in spenders.items():
                self._count(name, attempts_max, now)
        return wait_s

    def _count(self, name: str, attempts_max: int, now: datetime) -> None:
        tally = self._tallies.pop(name, None) or _Tally(attempts_max)
        while len(self._tallies) >= self._spenders_max:
            quietest = next(iter(self._tallies))
            self._untold.discard(quietest)
            del self._tallies[quietest]
        self._tallies[name] = tally  # at the end: those that were quiet longest stand first
        slot = self.window.slot_of(now)
        if slot not in tally.here:
            first = self.window.first_of(now)
            for old in [at for at in tally.here if at < first]:
                del tally.here[old]
        tally.here[slot] = tally.here.get(slot, 0) + 1
        self._untold.add(name)

    def take_untold(self, *, share: float, spenders_max: int) -> Mapping[str, Mapping[int, int]]:
        """Return, by slot, what was spent by those who spent since they were last taken.

        Those who have not spent this share of their limit are passed over until they spend more.
        """
        taken: dict[str, Mapping[int, int]] = {}
        while self._untold and len(taken) < spenders_max:
            name = self._untold.pop()
            tally = self._tallies[name]
            if sum(tally.here.values()) >= tally.attempts_max * share:
                taken[name] = dict(tally.here)
        return taken

    def put_back(self, names: Iterable[str]) -> None:
        """Take these again: they could not be told of."""
        self._untold.update(name for name in names if name in self._tallies)

    def learn(self, name: str, elsewhere: Mapping[int, int]) -> None:
        """Remember what a spender spent elsewhere, in place of what was known of that."""
        tally = self._tallies.get(name)
        if tally is not None:
            tally.elsewhere = elsewhere

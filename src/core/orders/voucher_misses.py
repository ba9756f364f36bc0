"""Guessing codes is limited: an account may give so many unknown ones within some time."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil


@dataclass(frozen=True, slots=True)
class Misses:
    """How many unknown codes an account gave within the window that began with the first of them."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class MissTerms:
    """How many unknown codes an account may give within a window of so many seconds."""

    misses_max: int = 10
    window_s: int = 900

    def wait_s(self, misses: Misses | None, *, now: datetime) -> int:
        """Return after how many seconds the account may try again: 0 for now."""
        if misses is None or misses.count < self.misses_max:
            return 0
        return max(0, ceil(self.window_s - (now - misses.since).total_seconds()))

    def after(self, misses: Misses | None, *, now: datetime) -> Misses:
        """Return the count with one more; a window that is over gives way to a new one."""
        if misses is None or (now - misses.since).total_seconds() >= self.window_s:
            return Misses(1, now)
        return Misses(misses.count + 1, misses.since)

"""What is worked out from the times that were taken; pure, so that it can be tested without measuring anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


def percentile(times: Sequence[float], percent: float) -> float:
    """Return the nearest rank: the smallest time that at least `percent` of all times do not exceed."""
    return _nearest_rank(sorted(times), percent)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run came to: answers a second, and how long half of them and 99 in 100 took at most."""

    callers: int
    answers: int
    rate: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, times_s: Sequence[float], *, callers: int, elapsed_s: float, answers: int | None = None) -> Self:
        """Sum up a run of `elapsed_s` seconds; raises ValueError without any time.

        Every answer took one of the times, unless they are a sample of so many `answers`.
        """
        if elapsed_s <= 0:
            raise ValueError("a run takes time")
        ordered = sorted(times_s)
        number = len(ordered) if answers is None else answers
        return cls(
            callers=callers,
            answers=number,
            rate=number / elapsed_s,
            p50_ms=_nearest_rank(ordered, 50) * 1000,
            p90_ms=_nearest_rank(ordered, 90) * 1000,
            p99_ms=_nearest_rank(ordered, 99) * 1000,
            max_ms=ordered[-1] * 1000,
        )


@dataclass(frozen=True, slots=True)
class Times:
    """The time that each answer of a run took, in seconds, and how long the whole run took."""

    callers: int
    each_s: Sequence[float]
    elapsed_s: float

    @classmethod
    def together(cls, rounds: Sequence[Self]) -> Self:
        """Return rounds of the same callers as one run; raises ValueError for none, or for different callers."""
        if len({one.callers for one in rounds}) != 1:
            raise ValueError("only rounds of the same number of callers make one run")
        each_s = [time for one in rounds for time in one.each_s]
        return cls(rounds[0].callers, each_s, sum(one.elapsed_s for one in rounds))

    def measured(self) -> Measured:
        """Sum up; raises ValueError without any time."""
        return Measured.of(self.each_s, callers=self.callers, elapsed_s=self.elapsed_s)


def _nearest_rank(ordered: Sequence[float], percent: float) -> float:
    if not ordered:
        raise ValueError("no times, so no percentile")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is no percentile")
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]

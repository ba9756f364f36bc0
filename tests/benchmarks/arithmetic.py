"""What is worked out from the times that were taken; pure, so that it can be tested without measuring anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


def percentile(times: Sequence[float], percent: float) -> float:
    """Return the nearest rank: the smallest time that at least `percent` of all times do not exceed."""
    if not times:
        raise ValueError("no times, so no percentile")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is no percentile")
    return sorted(times)[math.ceil(len(times) * percent / 100) - 1]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run came to: answers a second, and how long half of them and 99 in 100 took at most."""

    callers: int
    answers: int
    rate: float
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, times_s: Sequence[float], *, callers: int, elapsed_s: float) -> Self:
        """Sum up a run of `elapsed_s` seconds in which every answer took its time; raises ValueError without any."""
        if elapsed_s <= 0:
            raise ValueError("a run takes time")
        return cls(
            callers=callers,
            answers=len(times_s),
            rate=len(times_s) / elapsed_s,
            p50_ms=percentile(times_s, 50) * 1000,
            p99_ms=percentile(times_s, 99) * 1000,
        )

    def share_of(self, limit: Self) -> float:
        """Return this rate as a share of the limit's; both must have had the same number of callers."""
        if self.callers != limit.callers:
            raise ValueError(f"{self.callers} callers cannot be compared with {limit.callers}")
        return self.rate / limit.rate

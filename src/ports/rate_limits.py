"""What keeps one caller from asking so often that others wait."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether one more is allowed, and what remains of the limit after it.

    `reset_s` is in how many seconds more will remain than now; of what is not allowed, when one more will be. It is
    never 0, and at most the window and a sixth.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_s: int


class RateLimiter(Protocol):
    """Counts in windows of time, over all processes at once while they can hear of one another.

    While they cannot, each process keeps to a share of the limit by itself: it neither lets everybody in nor shuts
    everybody out. What is not allowed costs nothing. No call fails, and none waits for long.
    """

    @abstractmethod
    async def take(self, key: str, *, limit: int, window_s: int, now: datetime) -> Allowance:
        """Count one more of the key if any window of `window_s` seconds then has no more than `limit` of them.

        `now` is the process's own time, for a process that counts by itself; together they go by a common clock. What
        is allowed counts for its window and at most a sixth of it longer. Of more keys than can be remembered, those
        that were quiet longest are forgotten.
        """

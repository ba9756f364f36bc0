"""What keeps people from guessing."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Throttle(Protocol):
    """Counts attempts in windows of time, over all processes at once while Redis is there.

    Without Redis each process counts by itself, so that guessing stays slow, and signing in works. An attempt is
    counted before it is made, so that of many at once no more are made than are allowed.
    """

    @abstractmethod
    async def take(self, attempt: UUID, spenders: Mapping[str, int], *, window_s: int, now: datetime) -> int:
        """Count the attempt for every spender and return 0; or for none, and return the seconds to wait.

        A spender is named, with the most attempts that it may have within `window_s`. The same attempt counts once.
        """

    @abstractmethod
    async def give_back(self, attempt: UUID, spenders: Iterable[str]) -> None:
        """Count the attempt no more: it was none. Where that cannot be told now, it is forgotten with its window."""

"""Attempts counted within one process."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import override
from uuid import UUID

from ports.identity.throttle import Throttle

SPENDERS_MAX = 100_000
"""Of more spenders than can be remembered, those that were quiet longest are forgotten."""


class MemoryThrottle(Throttle):
    """Keeps the moment of each attempt of a window; there are at most as many as are allowed."""

    def __init__(self, *, spenders_max: int = SPENDERS_MAX) -> None:
        self._spenders_max = spenders_max
        self._attempts: dict[str, dict[UUID, datetime]] = {}

    @override
    async def take(self, attempt: UUID, spenders: Mapping[str, int], *, window_s: int, now: datetime) -> int:
        window = timedelta(seconds=window_s)
        wait_s = 0
        for name, attempts_max in spenders.items():
            counted = self._attempts.get(name, {})
            for old in [found for found, at in counted.items() if at <= now - window]:
                del counted[old]
            if attempt not in counted and len(counted) >= attempts_max:
                left = min(counted.values()) + window - now
                wait_s = max(wait_s, 1, min(ceil(left.total_seconds()), window_s))
        if not wait_s:
            for name in spenders:
                counted = self._attempts.pop(name, {})
                counted.setdefault(attempt, now)
                self._attempts[name] = counted  # at the end: those that were quiet longest stand first
            while len(self._attempts) > self._spenders_max:
                del self._attempts[next(iter(self._attempts))]
        return wait_s

    @override
    async def give_back(self, attempt: UUID, spenders: Iterable[str]) -> None:
        for name in spenders:
            counted = self._attempts.get(name)
            if counted is not None:
                counted.pop(attempt, None)
                if not counted:
                    del self._attempts[name]

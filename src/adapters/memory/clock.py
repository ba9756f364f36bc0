"""A clock that moves when it is told to, and ids that are new and in order."""

from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID

from ports.clock import Clock
from ports.ids import IdSource


class MemoryClock(Clock):
    """Stands at a moment until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)) -> None:
        self.moment = now

    @override
    def now(self) -> datetime:
        return self.moment

    def move(self, *, seconds: float) -> datetime:
        """Go forwards, or backwards, and return the new moment."""
        self.moment += timedelta(seconds=seconds)
        return self.moment


class MemoryIds(IdSource):
    """Counts up; the ids sort in the order in which they were made, and look like version 7."""

    def __init__(self) -> None:
        self._last = 0

    @override
    def new(self) -> UUID:
        self._last += 1
        return UUID(int=(self._last << 80) | (7 << 76) | (2 << 62))

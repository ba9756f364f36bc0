"""A cache within one process."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

from ports.cache import Cache, Look
from ports.clock import Clock

KEYS_MAX = 10_000


@dataclass(slots=True)
class _Entry:
    generation: int = 0
    value: str | None = None
    until: datetime | None = None


@dataclass(slots=True)
class MemoryCache(Cache):
    """Keeps the newest keys; a generation a key, which every forgetting raises, is what tickets name.

    Tickets of a key that is not there any more name one that was before all others.
    """

    clock: Clock
    keys_max: int = KEYS_MAX
    _entries: dict[str, _Entry] = field(default_factory=dict[str, _Entry])
    _generation: int = 0
    _oldest: int = 0

    @override
    async def look(self, key: str) -> Look:
        entry = self._entries.get(key, _Entry(self._oldest))
        ended = entry.until is not None and entry.until <= self.clock.now()
        return Look(None if ended else entry.value, str(entry.generation))

    @override
    async def put(self, key: str, value: str, *, ticket: str, ttl_s: int) -> bool:
        generation = self._entries.get(key, _Entry(self._oldest)).generation
        if ticket != str(generation):
            return False
        self._set(key, _Entry(generation, value, self.clock.now() + timedelta(seconds=ttl_s)))
        return True

    @override
    async def forget(self, key: str) -> None:
        self._generation += 1
        self._set(key, _Entry(self._generation))

    def _set(self, key: str, entry: _Entry) -> None:
        self._entries.pop(key, None)
        self._entries[key] = entry
        while len(self._entries) > self.keys_max:
            del self._entries[next(iter(self._entries))]
            self._generation += 1
            self._oldest = self._generation

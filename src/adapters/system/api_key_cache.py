"""API keys as this process read them a moment ago."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from core.identity.api_keys import ApiKey
from core.shared.ids import ApiKeyId
from ports.clock import Clock
from ports.identity import ApiKeyCache
from ports.stores import StoreUnavailableError

KEEP_S = 30.0
"""A key that another process revoked works for at most this long."""

KEYS_MAX = 5_000
READS_MAX = 4
"""Reads at once. Unknown keys cost one each, and must not take the connections that signing in needs."""

WAITING_MAX = 200
"""Requests that wait for their turn to read, beyond which there is no point in waiting."""


@dataclass(frozen=True, slots=True)
class _Kept:
    key: ApiKey | None
    read_at: datetime


class BoundedApiKeyCache(ApiKeyCache):
    """Keeps up to 5,000 keys and 5,000 ids that nobody has; where there is no more room, the oldest goes.

    Unknown ids have room of their own, so that whoever makes them up crowds out no key.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        keep_s: float = KEEP_S,
        keys_max: int = KEYS_MAX,
        reads_max: int = READS_MAX,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self.keep_s = keep_s
        self._clock = clock
        self._keys_max = keys_max
        self._known: dict[ApiKeyId, _Kept] = {}
        self._unknown: dict[ApiKeyId, _Kept] = {}
        self._reads = asyncio.Semaphore(reads_max)
        self._waiting_max = waiting_max
        self._waiting = 0
        self._forgotten = 0

    @property
    def size(self) -> int:
        """How many keys and unknown ids are kept."""
        return len(self._known) + len(self._unknown)

    @override
    async def get(self, key_id: ApiKeyId, read: Callable[[], Awaitable[ApiKey | None]]) -> ApiKey | None:
        kept = self._kept(key_id)
        if kept is not None:
            return kept.key
        if self._waiting >= self._waiting_max:
            raise StoreUnavailableError("Too many API keys are being looked up.")
        self._waiting += 1
        try:
            async with self._reads:
                # Whoever waited may find that somebody else has read it by now.
                return (self._kept(key_id) or await self._read(key_id, read)).key
        finally:
            self._waiting -= 1

    @override
    def forget(self, key_id: ApiKeyId) -> None:
        self._forgotten += 1
        self._known.pop(key_id, None)
        self._unknown.pop(key_id, None)

    async def _read(self, key_id: ApiKeyId, read: Callable[[], Awaitable[ApiKey | None]]) -> _Kept:
        forgotten = self._forgotten
        read_at = self._clock.now()
        found = _Kept(await read(), read_at)
        if forgotten == self._forgotten:  # else it may be what the key was before it was revoked
            room = self._unknown if found.key is None else self._known
            self._make_room(room)
            room[key_id] = found
        return found

    def _make_room(self, room: dict[ApiKeyId, _Kept]) -> None:
        if len(room) >= self._keys_max:
            del room[next(iter(room))]

    def _kept(self, key_id: ApiKeyId) -> _Kept | None:
        now = self._clock.now()
        for room in (self._known, self._unknown):
            kept = room.get(key_id)
            if kept is not None:
                # A clock that went backwards must not make anything last longer.
                if timedelta() <= now - kept.read_at < timedelta(seconds=self.keep_s):
                    return kept
                del room[key_id]
        return None

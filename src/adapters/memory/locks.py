"""Locks within one process."""

from datetime import datetime, timedelta
from secrets import token_hex
from typing import override

from ports.clock import Clock
from ports.locks import Locks, LocksUnavailableError


class MemoryLocks(Locks):
    """The twin of the Redis locks. Set `away` to let every call fail as if the server were gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[str, datetime]] = {}
        self.away = False

    @override
    async def acquire(self, name: str, *, ttl_s: float) -> str | None:
        self._reach()
        if self._owner(name) is not None:
            return None
        token = token_hex(16)
        self._held[name] = (token, self._clock.now() + timedelta(seconds=ttl_s))
        return token

    @override
    async def release(self, name: str, *, token: str) -> bool:
        self._reach()
        if self._owner(name) != token:
            return False
        del self._held[name]
        return True

    def _owner(self, name: str) -> str | None:
        token, ends_at = self._held.get(name, (None, None))
        if ends_at is not None and ends_at <= self._clock.now():
            del self._held[name]
            return None
        return token

    def _reach(self) -> None:
        if self.away:
            raise LocksUnavailableError("The lock service is away.")

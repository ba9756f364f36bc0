"""Locks in Redis: one key a lock, set only when absent, with an end, and deleted only by its owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import override

from redis.asyncio import Redis

from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from ports.locks import Locks, LocksUnavailableError

# Compared and deleted in one step: between two, the lock could end and become somebody else's.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisLocks(Locks):
    """Locks on one server; a failover may forget one, which is why a lock is never the only guard.

    After a failure they are unavailable for `rest_s` without asking, so that work does not wait for one after another.
    """

    def __init__(self, client: Redis, rest_s: float = REST_S) -> None:
        self._client = client
        self._rest = Rest(rest_s)

    @override
    async def acquire(self, name: str, *, ttl_s: float) -> str | None:
        token = token_hex(16)
        with self._unless_resting():
            taken = await self._client.set(name, token, nx=True, px=max(1, int(ttl_s * 1000)))
            if taken:
                return token
            # The client repeats a command whose answer was lost: then the lock that is in the way is our own.
            return token if await self._client.get(name) == token else None

    @override
    async def release(self, name: str, *, token: str) -> bool:
        with self._unless_resting():
            return bool(await self._client.eval(_RELEASE, 1, name, token))

    @contextmanager
    def _unless_resting(self) -> Iterator[None]:
        if self._rest:
            raise LocksUnavailableError("Redis failed a moment ago")
        try:
            yield
        except REDIS_FAILURES as error:
            self._rest.begin()
            raise LocksUnavailableError(f"Redis: {type(error).__name__}") from error

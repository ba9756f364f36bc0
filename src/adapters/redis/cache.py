"""A cache in Redis: a hash a key, with the value and the generation that the last forgetting gave it."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import cast, override

from redis.asyncio import Redis

from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from ports.cache import TICKET_S, Cache, CacheUnavailableError, Look

# Compared and put in one step: between two, the key could be forgotten. A generation outlives every ticket of the time
# before it; when it is gone, a ticket that names none is of a younger look.
_PUT = """
if (redis.call('HGET', KEYS[1], 'generation') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


class RedisCache(Cache):
    """After a failure it is unavailable for `rest_s` without asking, so that nobody waits for a Redis that hangs."""

    def __init__(self, client: Redis, *, prefix: str = "fairseat:cache", rest_s: float = REST_S) -> None:
        self._client = client
        self._prefix = prefix
        self._rest = Rest(rest_s)

    @override
    async def look(self, key: str) -> Look:
        with self._unless_resting():
            answer = cast("object", await self._client.hmget(self._name(key), ["generation", "value"]))
            if not isinstance(answer, list):
                raise ValueError("this is no entry")
            generation, value = cast("list[object]", answer)
            if not isinstance(generation, str | None) or not isinstance(value, str | None):
                raise ValueError("this is no entry of ours")
            return Look(value, generation or "")

    @override
    async def put(self, key: str, value: str, *, ticket: str, ttl_s: int) -> bool:
        with self._unless_resting():
            keep_ms = str((ttl_s + TICKET_S) * 1000)
            return bool(await self._client.eval(_PUT, 1, self._name(key), ticket, value, keep_ms))

    @override
    async def forget(self, key: str) -> None:
        with self._unless_resting():
            async with self._client.pipeline(transaction=True) as commands:
                commands.hset(self._name(key), "generation", token_hex(8))
                commands.hdel(self._name(key), "value")
                commands.expire(self._name(key), 2 * TICKET_S)
                await commands.execute()

    def _name(self, key: str) -> str:
        return f"{self._prefix}:{{{key}}}"

    @contextmanager
    def _unless_resting(self) -> Iterator[None]:
        if self._rest:
            raise CacheUnavailableError("Redis failed a moment ago")
        try:
            yield
        except REDIS_FAILURES as error:
            self._rest.begin()
            raise CacheUnavailableError(f"Redis: {type(error).__name__}") from error

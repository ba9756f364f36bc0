"""Attempts that processes count together: a sorted set a spender, changed by one script."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import override
from uuid import UUID

from redis.asyncio import Redis

from adapters.memory.throttle import MemoryThrottle
from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from ports.identity.throttle import Throttle

# Checked and counted in one step, by the clock of the server, which all processes share. An attempt is a member of its
# own, so that a command whose answer was lost may be sent again.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
local wait = 0
for at, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if not redis.call('ZSCORE', key, ARGV[1]) and redis.call('ZCARD', key) >= tonumber(ARGV[2 + at]) then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    wait = math.max(wait, 1, tonumber(oldest[2]) + window - now)
  end
end
if wait > 0 then return wait end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'NX', now, ARGV[1])
  redis.call('PEXPIRE', key, window)
end
return 0
"""


class RedisThrottle(Throttle):
    """Counts in Redis, and in this process as well, so that nobody begins anew when Redis goes away.

    After a failure Redis is left alone for `rest_s`. A spender is refused where either count says so.
    """

    def __init__(
        self, local: MemoryThrottle, client: Redis, *, prefix: str = "fairseat:{attempts}", rest_s: float = REST_S
    ) -> None:
        self._local = local
        self._client = client
        self._prefix = prefix
        self._rest = Rest(rest_s)

    @override
    async def take(self, attempt: UUID, spenders: Mapping[str, int], *, window_s: int, now: datetime) -> int:
        if not spenders:
            return 0
        wait_s = await self._local.take(attempt, spenders, window_s=window_s, now=now)
        if wait_s or self._rest:
            return wait_s
        keys = [f"{self._prefix}:{name}" for name in spenders]
        limits = [str(attempts_max) for attempts_max in spenders.values()]
        try:
            wait_ms = int(await self._client.eval(_TAKE, len(keys), *keys, str(attempt), str(window_s * 1000), *limits))
        except REDIS_FAILURES:
            self._rest.begin()
            return 0
        if wait_ms <= 0:
            return 0
        await self._local.give_back(attempt, spenders)
        return min(-(-wait_ms // 1000), window_s)

    @override
    async def give_back(self, attempt: UUID, spenders: Iterable[str]) -> None:
        names = list(spenders)
        await self._local.give_back(attempt, names)
        if self._rest or not names:
            return
        try:
            async with self._client.pipeline(transaction=False) as commands:
                for name in names:
                    commands.zrem(f"{self._prefix}:{name}", str(attempt))
                await commands.execute()
        except REDIS_FAILURES:
            self._rest.begin()

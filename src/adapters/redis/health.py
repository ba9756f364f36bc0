"""Whether Redis answers."""

from typing import override

from redis.asyncio import Redis

from adapters.redis.client import REDIS_FAILURES
from ports.health import HealthCheck, HealthReport


class RedisHealth(HealthCheck):
    """Sends a ping. Redis is not needed: without it the sweeps over the databases find what the timers would."""

    name = "redis"
    needed = False

    def __init__(self, client: Redis) -> None:
        self._client = client

    @override
    async def check(self) -> HealthReport:
        try:
            await self._client.ping()  # pyright: ignore[reportUnknownMemberType]  (its options have no types)
        except REDIS_FAILURES as error:
            return HealthReport(self.name, ok=False, facts={"error": type(error).__name__})
        return HealthReport(self.name, ok=True)

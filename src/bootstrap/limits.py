"""How often callers may ask this process, as the settings say."""

from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.http.rate_limits import RequestLimits
from adapters.memory.rate_limits import MemoryRateLimiter
from adapters.redis.client import redis_client
from adapters.redis.rate_limits import RedisRateLimiter
from bootstrap.settings import Settings
from core.shared.rate_limits import RequestTerms, RouteClass
from ports.clock import Clock

# A request waits for Redis at most this long; then requests are counted here alone.
_REDIS_TIMEOUT_S = 0.25


@dataclass(frozen=True, slots=True)
class Door:
    """The limits, and the connections of who counts."""

    limits: RequestLimits
    client: Redis

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()


def door_of(settings: Settings, clock: Clock) -> Door | None:
    """Return what counts requests, None where nobody does; nothing is connected before the first of many requests."""
    limits = settings.limits
    if not limits.enabled:
        return None
    per_minute = {
        RouteClass.READ: limits.read_per_minute,
        RouteClass.WRITE: limits.write_per_minute,
        RouteClass.HOLD: limits.hold_per_minute,
        RouteClass.LOGIN: limits.login_per_minute,
    }
    client = redis_client(settings.redis.url.reveal(), timeout_s=_REDIS_TIMEOUT_S, retries_max=0)
    limiter = RedisRateLimiter(MemoryRateLimiter(), client, processes=limits.processes)
    return Door(RequestLimits(limiter, RequestTerms(per_minute, limits.callers_per_address), clock), client)

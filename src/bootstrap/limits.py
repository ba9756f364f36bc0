"""How often callers may ask this process, as the settings say."""

from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.http.rate_limits import RequestLimits
from adapters.memory.rate_limits import MemoryRateLimiter
from adapters.redis.client import redis_client
from adapters.redis.rate_limits import RedisRateLimiter
from bootstrap.settings import Settings, SettingsError
from core.shared.rate_limits import RequestTerms, RouteClass
from ports.clock import Clock

# A request waits for Redis at most this long; then requests are counted here alone.
_REDIS_TIMEOUT_S = 0.25
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True, slots=True)
class Door:
    """The limits, and the connections of who counts; none where this process counts alone."""

    limits: RequestLimits
    client: Redis | None

    async def close(self) -> None:
        """Close the connections."""
        if self.client is not None:
            await self.client.aclose()


def door_of(settings: Settings, clock: Clock) -> Door | None:
    """Return what counts requests, None where nobody does; nothing is connected before the first of many requests.

    A process to which no Redis was named, which a gateway may be, counts alone, and keeps to its share of the limits.
    """
    limits = settings.limits
    if not limits.enabled:
        return None
    per_minute = {
        RouteClass.READ: limits.read_per_minute,
        RouteClass.WRITE: limits.write_per_minute,
        RouteClass.HOLD: limits.hold_per_minute,
        RouteClass.LOGIN: limits.login_per_minute,
    }
    url = _redis_url(settings)
    if url is None:
        shares = {kind: -(-limit // limits.processes) for kind, limit in per_minute.items()}
        terms = RequestTerms(shares, limits.callers_per_address)
        return Door(RequestLimits(MemoryRateLimiter(), terms, clock), None)
    client = redis_client(url, timeout_s=_REDIS_TIMEOUT_S, retries_max=0)
    limiter = RedisRateLimiter(MemoryRateLimiter(), client, processes=limits.processes)
    return Door(RequestLimits(limiter, RequestTerms(per_minute, limits.callers_per_address), clock), client)


def _redis_url(settings: Settings) -> str | None:
    try:
        url = settings.redis.url.reveal()
    except SettingsError:  # it was kept from this process
        return None
    return url if url.startswith(_REDIS_SCHEMES) else None

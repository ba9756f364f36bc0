"""The expiration service: timers in Redis."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide
from redis.asyncio import Redis

from adapters.redis.client import redis_client
from adapters.redis.health import RedisHealth
from adapters.redis.timers import RedisTimers
from bootstrap.containers.service import JobSpec, Service
from bootstrap.settings import Settings
from ports.clock import Clock
from ports.events import EventPublisher, Subscription
from ports.expiration import Timers
from ports.published.orders import OrderCreated
from ports.published.seating import HoldExtended, ReservationMade, SeatsHeld
from usecases.expiration.fire_due_timers import FireDueTimers
from usecases.expiration.schedule_timer import ScheduleTimer

FIRE_INTERVAL_S = 0.5
CONSUMER = "expiration.schedule_timer"

# A consumer waits for Redis at most this long for each event, twice; then the sweeps have to find what it forgot.
_REDIS_TIMEOUT_S = 0.5
_REDIS_RETRIES_MAX = 1


class ExpirationProvider(Provider):
    """The expiration context."""

    scope = Scope.APP

    @provide
    def schedule_timer(self, timers: Timers) -> ScheduleTimer:
        """Return the consumer of what announces an end."""
        return ScheduleTimer(timers)

    @provide
    def fire_due_timers(self, timers: Timers, publisher: EventPublisher, clock: Clock) -> FireDueTimers:
        """Return the work that tells what has come."""
        return FireDueTimers(timers, publisher, clock)

    @provide
    async def redis(self, settings: Settings) -> AsyncIterator[Redis]:
        """Make the client, and close it at the end."""
        client = redis_client(settings.redis.url.reveal(), timeout_s=_REDIS_TIMEOUT_S, retries_max=_REDIS_RETRIES_MAX)
        try:
            yield client
        finally:
            await client.aclose()

    @provide
    def timers(self, client: Redis) -> Timers:
        """Return the timers."""
        return RedisTimers(client)

    @provide
    def health(self, client: Redis) -> RedisHealth:
        """Return how Redis stands."""
        return RedisHealth(client)


def expiration_service() -> Service:
    """Return the expiration service."""
    return Service(
        name="expiration",
        providers=(ExpirationProvider(),),
        subscriptions=(
            Subscription(CONSUMER, SeatsHeld, ScheduleTimer),
            Subscription(CONSUMER, HoldExtended, ScheduleTimer),
            Subscription(CONSUMER, ReservationMade, ScheduleTimer),
            Subscription(CONSUMER, OrderCreated, ScheduleTimer),
        ),
        checks=(RedisHealth,),
        jobs=(JobSpec("fire_due_timers", FIRE_INTERVAL_S, FireDueTimers),),
    )

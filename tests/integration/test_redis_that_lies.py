"""A Redis that answers what makes no sense is as good as one that is away: each adapter says so, and nothing else."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

from adapters.redis.client import redis_client
from adapters.redis.health import RedisHealth
from adapters.redis.locks import RedisLocks
from adapters.redis.seat_map import RedisSeatMapFeed
from adapters.redis.timers import RedisTimers
from core.expiration.timer import Timer
from core.shared.errors import UnavailableError
from core.shared.ids import PlanId, TenantId
from ports.seat_map import BEGINNING, PlanClosed
from tests.redis_in_trouble import Mood, RedisInTrouble

TENANT, PLAN = TenantId(uuid4()), PlanId(uuid4())
LIES = 40
"""Calls of each kind, so that each meets every lie."""


async def test_nonsense_of_redis_reaches_nobody() -> None:
    now = datetime.now(UTC)
    timer = Timer(kind="reservation", subject_id=uuid4(), tenant_id=TENANT, due_at=now)
    async with RedisInTrouble(port=9) as redis:
        await redis.be(Mood.LYING)
        client = redis_client(redis.url, timeout_s=0.05, retries_max=0)
        feed = RedisSeatMapFeed(client, client, rest_s=0.0)
        timers = RedisTimers(client, rest_s=0.0)
        locks = RedisLocks(client, rest_s=0.0)
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: feed.append(TENANT, PLAN, PlanClosed()),
            lambda: feed.last_id(TENANT, PLAN),
            lambda: feed.read(TENANT, PLAN, after=BEGINNING, changes_max=10, wait_s=0.0),
            lambda: timers.schedule(timer),
            lambda: timers.cancel("reservation", uuid4(), tenant_id=TENANT),
            lambda: timers.claim_due(now=now, timers_max=5, lease_s=1.0),
            lambda: locks.acquire("a", ttl_s=1.0),
            lambda: locks.release("a", token="0" * 32),
            RedisHealth(client).check,
        ]
        for call in calls:
            for _ in range(LIES):
                try:
                    await call()
                except UnavailableError:
                    continue
        assert redis.asked[Mood.LYING] >= len(calls)
        await client.aclose()

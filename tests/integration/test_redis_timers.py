"""Timers in Redis when Redis goes away: errors of ours, quickly; and what was scheduled survives a worker."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.embedded.readiness import free_port
from adapters.embedded.valkey import EmbeddedValkey
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.redis.seat_map import RedisSeatMapFeed
from adapters.redis.timers import RedisTimers
from core.expiration.timer import Timer
from core.shared.ids import PlanId, SeatId, TenantId
from ports.events import Delivery
from ports.expiration import TimersUnavailableError
from ports.locks import LocksUnavailableError
from ports.published.seating import HoldExtended
from ports.seat_map import SeatMapUnavailableError, SeatsChanged
from usecases.expiration.schedule_timer import ScheduleTimer

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))


def timer(subject: UUID) -> Timer:
    return Timer("order", subject, TENANT, NOON)


async def test_with_nobody_there_every_command_fails_as_ours_and_soon() -> None:
    client = redis_client(f"redis://127.0.0.1:{free_port()}/0", timeout_s=0.2, retries_max=1)
    timers = RedisTimers(client)
    async with asyncio.timeout(5):
        with pytest.raises(TimersUnavailableError):
            await timers.schedule(timer(uuid4()))
        with pytest.raises(TimersUnavailableError):
            await timers.claim_due(now=NOON, timers_max=1, lease_s=1)
        with pytest.raises(TimersUnavailableError):
            await timers.cancel("order", uuid4(), tenant_id=TENANT)
        with pytest.raises(TimersUnavailableError):
            await timers.acknowledge(timer(uuid4()))
    await client.aclose()


async def test_after_a_failure_nobody_waits_for_a_server_that_hangs_until_it_has_rested() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = redis_client(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout_s=0.1, retries_max=0)
        timers, locks, feed = RedisTimers(client), RedisLocks(client), RedisSeatMapFeed(client, client)
        plan, change = PlanId(uuid4()), SeatsChanged({SeatId(uuid4()): "HELD"})
        with pytest.raises(TimersUnavailableError):
            await timers.schedule(timer(uuid4()))
        with pytest.raises(LocksUnavailableError):
            await locks.acquire("a", ttl_s=1)
        with pytest.raises(SeatMapUnavailableError):
            await feed.append(TENANT, plan, change)
        async with asyncio.timeout(0.09):  # less than one answer may take
            for _ in range(20):
                with pytest.raises(TimersUnavailableError):
                    await timers.schedule(timer(uuid4()))
                with pytest.raises(LocksUnavailableError):
                    await locks.acquire("a", ttl_s=1)
                with pytest.raises(SeatMapUnavailableError):
                    await feed.append(TENANT, plan, change)
        await client.aclose()


async def test_a_server_that_never_answers_holds_a_consumer_up_for_a_bounded_time_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        client = redis_client(f"redis://127.0.0.1:{port}/0", timeout_s=0.1, retries_max=1)
        event = HoldExtended(reservation_id=uuid4(), plan_id=uuid4(), expires_at=NOON)
        async with asyncio.timeout(5):
            await ScheduleTimer(RedisTimers(client))(event, Delivery(event_id=uuid4(), tenant_id=TENANT))
        await client.aclose()


async def test_timers_are_back_after_a_restart_and_the_client_finds_the_server_again(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path / "valkey")
    subject = uuid4()
    with server:
        client = redis_client(server.url, timeout_s=0.5)
        timers = RedisTimers(client)
        await timers.schedule(timer(subject))
        server.stop()
        with pytest.raises(TimersUnavailableError):
            await timers.schedule(timer(uuid4()))
        server.start()
        claimed = await timers.claim_due(now=NOON + timedelta(seconds=1), timers_max=10, lease_s=30)
        await client.aclose()
    assert [each.subject_id for each in claimed] == [subject]

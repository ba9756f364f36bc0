"""What locks promise: in memory, and in Valkey."""

from collections.abc import AsyncIterator

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.locks import MemoryLocks
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.system.clock import SystemClock
from ports.locks import Locks, LocksUnavailableError


@pytest.fixture(params=["memory", "valkey"])
async def locks(request: pytest.FixtureRequest) -> AsyncIterator[Locks]:
    if request.param == "memory":
        yield MemoryLocks(SystemClock())
        return
    client = redis_client(request.getfixturevalue("valkey_url"))
    await client.flushdb()
    try:
        yield RedisLocks(client)
    finally:
        await client.aclose()


async def test_a_lock_has_one_owner(locks: Locks) -> None:
    token = await locks.acquire("a", ttl_s=30)
    assert token is not None
    assert await locks.acquire("a", ttl_s=30) is None
    assert await locks.acquire("b", ttl_s=30) is not None


async def test_only_the_owner_gives_a_lock_back(locks: Locks) -> None:
    token = await locks.acquire("a", ttl_s=30)
    assert token is not None
    assert not await locks.release("a", token="0" * 32)
    assert await locks.acquire("a", ttl_s=30) is None
    assert await locks.release("a", token=token)
    assert not await locks.release("a", token=token)
    assert await locks.acquire("a", ttl_s=30) is not None


async def test_a_lock_ends_by_itself_and_its_late_owner_does_not_end_the_next_one(locks: Locks) -> None:
    late = await locks.acquire("a", ttl_s=0.001)
    assert late is not None
    token = None
    while token is None:
        token = await locks.acquire("a", ttl_s=30)
    assert not await locks.release("a", token=late)
    assert await locks.acquire("a", ttl_s=30) is None


async def test_a_lock_service_that_is_away_says_so() -> None:
    client = redis_client("redis://127.0.0.1:9/0", timeout_s=0.2, retries_max=0)
    memory = MemoryLocks(MemoryClock())
    memory.away = True
    try:
        for locks in (RedisLocks(client), memory):
            with pytest.raises(LocksUnavailableError):
                await locks.acquire("a", ttl_s=1)
            with pytest.raises(LocksUnavailableError):
                await locks.release("a", token="x")
    finally:
        await client.aclose()

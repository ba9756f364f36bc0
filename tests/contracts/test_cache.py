"""What caches promise: in memory, and in Valkey."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from adapters.memory.cache import MemoryCache
from adapters.memory.clock import MemoryClock
from adapters.redis.cache import RedisCache
from adapters.redis.client import redis_client
from ports.cache import TICKET_S, Cache, CacheUnavailableError
from tests.redis_in_trouble import Mood, RedisInTrouble


@pytest.fixture(params=["memory", "valkey"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    if request.param == "memory":
        yield MemoryCache(MemoryClock())
        return
    async with redis_client(request.getfixturevalue("valkey_url")) as client:
        yield RedisCache(client)


@pytest.fixture
def key() -> str:
    return f"thing:{uuid4()}"


async def put(cache: Cache, key: str, value: str) -> bool:
    return await cache.put(key, value, ticket=(await cache.look(key)).ticket, ttl_s=30)


async def test_what_was_put_is_there_and_the_last_one_counts(cache: Cache, key: str) -> None:
    assert (await cache.look(key)).value is None
    assert await put(cache, key, "one")
    assert (await cache.look(key)).value == "one"
    assert await put(cache, key, "two")
    assert (await cache.look(key)).value == "two"
    assert (await cache.look(f"other {key}")).value is None


async def test_what_was_forgotten_is_not_there_and_may_be_put_anew(cache: Cache, key: str) -> None:
    await put(cache, key, "one")
    await cache.forget(key)
    assert (await cache.look(key)).value is None
    assert await put(cache, key, "two")
    assert (await cache.look(key)).value == "two"


@pytest.mark.parametrize("filled", [False, True])
async def test_what_was_read_before_a_forgetting_is_refused_after_it(cache: Cache, key: str, filled: bool) -> None:
    if filled:
        await put(cache, key, "old")
    late = await cache.look(key)
    await cache.forget(key)
    assert not await cache.put(key, "stale", ticket=late.ticket, ttl_s=30)
    young = await cache.look(key)
    assert young.value is None
    await cache.forget(key)
    assert not await cache.put(key, "stale again", ticket=young.ticket, ttl_s=30)
    assert await put(cache, key, "new")
    assert not await cache.put(key, "stale", ticket=late.ticket, ttl_s=30)
    assert (await cache.look(key)).value == "new"


async def test_of_many_at_once_whoever_looked_before_the_forgetting_changes_nothing(cache: Cache, key: str) -> None:
    tickets = [(await cache.look(key)).ticket for _ in range(20)]
    await asyncio.gather(
        *(cache.put(key, "stale", ticket=ticket, ttl_s=30) for ticket in tickets[:10]),
        cache.forget(key),
        *(cache.put(key, "stale", ticket=ticket, ttl_s=30) for ticket in tickets[10:]),
    )
    assert (await cache.look(key)).value is None


async def test_in_memory_a_value_ends_with_its_time() -> None:
    clock = MemoryClock()
    cache = MemoryCache(clock)
    await put(cache, "a", "one")
    clock.move(seconds=29.9)
    assert (await cache.look("a")).value == "one"
    clock.move(seconds=0.1)
    assert (await cache.look("a")).value is None


async def test_in_memory_a_key_for_which_there_is_no_room_takes_no_late_value() -> None:
    cache = MemoryCache(MemoryClock(), keys_max=2)
    late = (await cache.look("a")).ticket
    for name in ("a", "b", "c"):
        await cache.forget(name)
    assert not await cache.put("a", "stale", ticket=late, ttl_s=30)
    assert await put(cache, "a", "new")


async def test_a_forgetting_in_redis_outlives_every_ticket_and_then_ends_by_itself(valkey_url: str, key: str) -> None:
    async with redis_client(valkey_url) as client:
        cache = RedisCache(client)
        name = f"fairseat:cache:{{{key}}}"
        await cache.forget(key)
        assert TICKET_S * 1000 < await client.pttl(name) <= 2 * TICKET_S * 1000
        await put(cache, key, "new")
        assert TICKET_S * 1000 < await client.pttl(name) <= (30 + TICKET_S) * 1000


@pytest.mark.parametrize("mood", [Mood.STOPPED, Mood.HANGING, Mood.LYING])
async def test_a_cache_that_is_away_says_so_and_is_left_alone_for_a_while(mood: Mood) -> None:
    async with RedisInTrouble(port=9) as redis:
        await redis.be(mood)
        async with redis_client(redis.url, timeout_s=0.05, retries_max=0) as client:
            for call in (
                RedisCache(client).look,
                RedisCache(client).forget,
                lambda key: RedisCache(client).put(key, "x", ticket="", ttl_s=30),
            ):
                with pytest.raises(CacheUnavailableError):
                    await call("a")
            cache = RedisCache(client)
            with pytest.raises(CacheUnavailableError):
                await cache.look("a")
            asked = redis.asked.total()
            with pytest.raises(CacheUnavailableError, match="a moment ago"):
                await cache.forget("a")
            assert redis.asked.total() == asked

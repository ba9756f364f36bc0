"""What throttles promise: in memory, shared through Valkey, and while that is away, hangs or lies."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.throttle import MemoryThrottle
from adapters.redis.client import redis_client
from adapters.redis.throttle import RedisThrottle
from ports.identity.throttle import Throttle
from tests.redis_in_trouble import Mood, RedisInTrouble

WINDOW_S = 60
CLOCK = MemoryClock()


@pytest.fixture(params=["memory", "valkey", "valkey is away"])
async def throttle(request: pytest.FixtureRequest) -> AsyncIterator[Throttle]:
    if request.param == "memory":
        yield MemoryThrottle()
        return
    url = request.getfixturevalue("valkey_url") if request.param == "valkey" else "redis://127.0.0.1:9/0"
    client = redis_client(url, timeout_s=0.3, retries_max=0)
    yield RedisThrottle(MemoryThrottle(), client, rest_s=0.0)
    await client.aclose()


async def take(throttle: Throttle, spenders: dict[str, int], *, window_s: int = WINDOW_S) -> int:
    return await throttle.take(uuid4(), spenders, window_s=window_s, now=CLOCK.now())


async def test_a_spender_may_have_its_limit_and_no_more(throttle: Throttle) -> None:
    ann, ben = {f"ann:{uuid4()}": 3}, {f"ben:{uuid4()}": 3}
    assert [await take(throttle, ann) for _ in range(3)] == [0, 0, 0]
    assert 0 < await take(throttle, ann) <= WINDOW_S
    assert await take(throttle, ben) == 0


async def test_an_attempt_that_is_refused_for_one_counts_for_nobody(throttle: Throttle) -> None:
    ann, house = {f"ann:{uuid4()}": 1}, {f"house:{uuid4()}": 2}
    assert await take(throttle, ann | house) == 0
    for _ in range(3):
        assert await take(throttle, ann | house) > 0
    assert [await take(throttle, house) for _ in range(2)] == [0, WINDOW_S]


async def test_what_is_given_back_may_be_taken_again(throttle: Throttle) -> None:
    ann, attempt = {f"ann:{uuid4()}": 1}, uuid4()
    for _ in range(2):
        assert await throttle.take(attempt, ann, window_s=WINDOW_S, now=CLOCK.now()) == 0  # one attempt counts once
        await throttle.give_back(attempt, ann)
    assert await take(throttle, ann) == 0
    await throttle.give_back(uuid4(), ann)
    assert await take(throttle, ann) == WINDOW_S


async def test_of_many_at_once_no_more_are_let_in(throttle: Throttle) -> None:
    ann = {f"ann:{uuid4()}": 5}
    answers = await asyncio.gather(*(take(throttle, ann) for _ in range(30)))
    assert answers.count(0) == 5


async def test_nobody_in_particular_is_never_refused(throttle: Throttle) -> None:
    assert [await take(throttle, {}) for _ in range(3)] == [0, 0, 0]


async def test_in_memory_an_attempt_ends_with_its_window() -> None:
    throttle, clock = MemoryThrottle(spenders_max=2), MemoryClock()

    async def once(name: str) -> int:
        return await throttle.take(uuid4(), {name: 1}, window_s=WINDOW_S, now=clock.now())

    assert await once("ann") == 0
    clock.move(seconds=WINDOW_S - 1)
    assert await once("ann") == 1
    clock.move(seconds=1)
    assert [await once("ann"), await once("ann")] == [0, WINDOW_S]
    assert [await once("ben"), await once("cleo"), await once("ann")] == [0, 0, 0]  # the quietest is forgotten


async def test_processes_count_together_and_by_the_clock_of_the_server(valkey_url: str) -> None:
    client = redis_client(valkey_url)
    first, second = (RedisThrottle(MemoryThrottle(), client) for _ in range(2))
    ann, late = {f"ann:{uuid4()}": 2}, MemoryClock()
    late.move(seconds=3600)  # the clock of a process may be wrong
    assert await take(first, ann) == 0
    assert await second.take(uuid4(), ann, window_s=WINDOW_S, now=late.now()) == 0
    for throttle in (first, second):
        assert 0 < await throttle.take(uuid4(), ann, window_s=WINDOW_S, now=late.now()) <= WINDOW_S
    await client.aclose()


@pytest.mark.parametrize("mood", [Mood.STOPPED, Mood.HANGING, Mood.LYING])
async def test_without_redis_each_process_goes_on_counting(mood: Mood, valkey_url: str) -> None:
    port = int(valkey_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    async with RedisInTrouble(port) as redis:
        client = redis_client(redis.url, timeout_s=0.2, retries_max=0)
        throttle = RedisThrottle(MemoryThrottle(), client, rest_s=0.0)
        ann = {f"ann:{uuid4()}": 3}
        assert await take(throttle, ann) == 0
        await redis.be(mood)
        waits = [await take(throttle, ann) for _ in range(12)]
        assert waits.count(0) <= 2
        assert all(wait <= WINDOW_S for wait in waits)
        if mood is not Mood.LYING:
            assert waits[:2] == [0, 0]
        await client.aclose()

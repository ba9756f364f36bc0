"""What rate limiters promise: in memory, shared through Valkey, and while that is away, hangs or lies."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.rate_limits import MemoryRateLimiter
from adapters.redis.client import redis_client
from adapters.redis.rate_limits import RedisRateLimiter
from core.shared.windows import SLOTS
from ports.rate_limits import Allowance, RateLimiter
from tests.redis_in_trouble import Mood, RedisInTrouble

WINDOW_S = 60
LONGEST_S = WINDOW_S + WINDOW_S // SLOTS
NOW = MemoryClock().now()


def limiter_at(
    exits: AsyncExitStack, url: str, *, processes: int = 1, quiet_share: float = 0.0, timeout_s: float = 2.0
) -> RedisRateLimiter:
    """Return the limiter of one process with connections of its own; by default it asks for every request."""
    client = redis_client(url, timeout_s=timeout_s, retries_max=0)
    exits.push_async_callback(client.aclose)
    return RedisRateLimiter(MemoryRateLimiter(), client, processes=processes, quiet_share=quiet_share, rest_s=0.0)


@pytest.fixture(params=["memory", "valkey", "valkey, quiet callers untold", "valkey is away"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[RateLimiter]:
    if request.param == "memory":
        yield MemoryRateLimiter()
        return
    url = "redis://127.0.0.1:9/0" if "away" in request.param else request.getfixturevalue("valkey_url")
    async with AsyncExitStack() as exits:
        yield limiter_at(exits, url, quiet_share=0.5 if "quiet" in request.param else 0.0)


@pytest.fixture
def key() -> str:
    """Return a key that is no other test's: Valkey goes by its own clock, and remembers."""
    return f"read:{uuid4()}"


async def take(limiter: RateLimiter, key: str, *, limit: int = 4, now: datetime = NOW) -> Allowance:
    return await limiter.take(key, limit=limit, window_s=WINDOW_S, now=now)


async def test_a_key_may_have_its_limit_and_no_more(limiter: RateLimiter, key: str) -> None:
    answers = [await take(limiter, key) for _ in range(6)]
    assert [(each.allowed, each.remaining) for each in answers] == [
        (True, 3),
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
        (False, 0),
    ]
    assert all(each.limit == 4 and 0 < each.reset_s <= LONGEST_S for each in answers)
    assert (await take(limiter, f"other {key}")).remaining == 3


async def test_of_many_at_once_no_more_are_let_in(limiter: RateLimiter, key: str) -> None:
    answers = await asyncio.gather(*(take(limiter, key, limit=7) for _ in range(60)))
    assert Counter(each.allowed for each in answers) == {True: 7, False: 53}
    assert all(0 <= each.remaining < 7 for each in answers)


async def test_one_limit_has_nothing_to_do_with_that_of_another_window(limiter: RateLimiter, key: str) -> None:
    assert (await take(limiter, key, limit=1)).allowed
    assert (await limiter.take(key, limit=1, window_s=WINDOW_S * 2, now=NOW)).allowed
    assert not (await take(limiter, key, limit=1)).allowed


async def test_in_memory_one_more_is_allowed_exactly_when_it_was_said(key: str) -> None:
    limiter = MemoryRateLimiter()
    for number in range(4):
        assert (await take(limiter, key, now=NOW + timedelta(seconds=7.5 + number))).allowed
    asked = NOW + timedelta(seconds=20)
    wait_s = (await take(limiter, key, now=asked)).reset_s
    assert not (await take(limiter, key, now=asked + timedelta(seconds=wait_s - 1))).allowed
    assert (await take(limiter, key, now=asked + timedelta(seconds=wait_s))).allowed


async def test_in_memory_no_window_ever_has_more_than_the_limit(key: str) -> None:
    limiter, dice, allowed, moment = MemoryRateLimiter(), random.Random(7), list[float](), 0.0
    for _ in range(800):
        moment += dice.choice([0.0, 0.5, 3.0, 20.0])
        if (await take(limiter, key, now=NOW + timedelta(seconds=moment))).allowed:
            allowed.append(moment)
        assert sum(one > moment - WINDOW_S for one in allowed) <= 4
    assert len(allowed) > moment / LONGEST_S * 4 / 2, "hardly anything was allowed"


async def test_in_memory_a_clock_that_jumps_shuts_nobody_out_for_good(key: str) -> None:
    limiter = MemoryRateLimiter()
    ahead = NOW + timedelta(days=1)
    assert [(await take(limiter, key, now=ahead)).allowed for _ in range(5)] == [True] * 4 + [False]
    assert [(await take(limiter, key)).allowed for _ in range(5)] == [True] * 4 + [False]
    assert (await take(limiter, key, now=NOW + timedelta(seconds=LONGEST_S))).allowed


async def test_in_memory_the_quietest_keys_are_forgotten_when_there_are_too_many() -> None:
    limiter = MemoryRateLimiter(keys_max=2)
    answers = [(await take(limiter, name, limit=1)).allowed for name in ("ann", "ben", "ann", "cleo", "ben", "ann")]
    assert answers == [True, True, False, True, False, True]


async def test_processes_count_together_whatever_their_clocks_say(valkey_url: str, key: str) -> None:
    async with AsyncExitStack() as exits:
        processes = [limiter_at(exits, valkey_url) for _ in range(4)]
        clocks = [NOW + timedelta(seconds=shift) for shift in (0, 3600, -86_400, 0.4)]
        answers = await asyncio.gather(
            *(
                take(process, key, limit=50, now=clock)
                for _ in range(25)
                for process, clock in zip(processes, clocks, strict=True)
            )
        )
        assert Counter(each.allowed for each in answers) == {True: 50, False: 50}
        assert sorted(each.remaining for each in answers if each.allowed) == list(range(50))


async def test_what_a_process_allowed_untold_is_told_with_the_first_request_that_asks(
    valkey_url: str, key: str
) -> None:
    async with AsyncExitStack() as exits:
        one = limiter_at(exits, valkey_url, processes=2, quiet_share=0.5)
        two = limiter_at(exits, valkey_url, processes=2, quiet_share=0.5)
        assert [(await take(one, key, limit=8)).remaining for _ in range(2)] == [7, 6]
        assert [(await take(two, key, limit=8)).remaining for _ in range(2)] == [7, 6], "a quarter each is untold"
        assert (await take(one, key, limit=8)).remaining == 5
        assert (await take(two, key, limit=8)).remaining == 2, "of both: three and three"
        answers = [await take(process, key, limit=8) for process in (one, two, one, two)]
        assert [each.allowed for each in answers] == [True, True, False, False]


async def test_an_ordinary_caller_costs_no_way_to_redis(valkey_url: str, key: str) -> None:
    port = int(valkey_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    async with RedisInTrouble(port) as redis, AsyncExitStack() as exits:
        limiter = limiter_at(exits, redis.url, quiet_share=0.5)
        for _ in range(4):
            await take(limiter, key, limit=8)
        assert not redis.asked
        await take(limiter, key, limit=8)
        assert redis.asked[Mood.WELL]


@pytest.mark.parametrize("mood", [Mood.STOPPED, Mood.HANGING, Mood.LYING])
async def test_without_redis_each_process_keeps_to_its_share(mood: Mood, valkey_url: str, key: str) -> None:
    port = int(valkey_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    async with RedisInTrouble(port) as redis, AsyncExitStack() as exits:
        one, two = (limiter_at(exits, redis.url, processes=2, timeout_s=0.1) for _ in range(2))
        assert (await take(one, key, limit=6)).allowed
        await redis.be(mood)
        answers = [[await take(process, key, limit=6) for _ in range(4)] for process in (one, two)]
        assert [sum(each.allowed for each in of_one) for of_one in answers] == [2, 3], "it counts what it knew before"
        assert all(0 < each.reset_s <= LONGEST_S for of_one in answers for each in of_one)
        await redis.be(Mood.WELL)
        for process in (one, two):
            await take(process, f"{key}:to connect anew")
        assert (await take(two, key, limit=6)).remaining == 1, "one before, three of this one meanwhile, and one now"
        assert not (await take(one, key, limit=6)).allowed, "it has told of its two now"


async def test_a_redis_that_forgets_everything_lets_a_process_have_no_more_than_the_limit(
    valkey_url: str, key: str
) -> None:
    async with AsyncExitStack() as exits:
        one, two = limiter_at(exits, valkey_url), limiter_at(exits, valkey_url)
        admin = await exits.enter_async_context(redis_client(valkey_url))
        assert [(await take(one, key)).allowed for _ in range(5)] == [True] * 4 + [False]
        await admin.flushdb()
        assert not (await take(one, key)).allowed
        assert (await take(two, key)).allowed


async def test_what_redis_remembers_ends_by_itself(valkey_url: str, key: str) -> None:
    async with AsyncExitStack() as exits:
        await take(limiter_at(exits, valkey_url), key)
        admin = await exits.enter_async_context(redis_client(valkey_url))
        (found,) = [name async for name in admin.scan_iter(match=f"fairseat:requests:{{{key}}}*")]
        assert 0 < await admin.pttl(found) <= WINDOW_S * 1000 * (SLOTS + 2) // SLOTS


async def test_the_servers_clock_says_which_slots_count_and_what_it_cannot_have_written_is_forgotten(
    valkey_url: str, key: str
) -> None:
    day_s = 86_400
    slot_s = day_s // SLOTS
    async with AsyncExitStack() as exits:
        limiter = limiter_at(exits, valkey_url)
        admin = await exits.enter_async_context(redis_client(valkey_url))
        seconds, _ = await admin.time()
        slot, name = seconds // slot_s, f"fairseat:requests:{{{key}}}:{day_s}"
        counted: dict[object, object] = {slot - SLOTS - 1: 100, slot - SLOTS: 2, slot: 1, slot + 1: 100}
        for field, value in (counted | {"x": "y"}).items():
            await admin.hset(name, str(field), str(value))
        last = await limiter.take(key, limit=4, window_s=day_s, now=NOW)
        refused = await limiter.take(key, limit=4, window_s=day_s, now=NOW)
        assert (last.allowed, last.remaining, refused.allowed) == (True, 0, False)
        assert 0 < refused.reset_s <= last.reset_s <= slot_s, "the oldest slot ends with this one"
        assert await admin.hgetall(name) == {str(slot - SLOTS): "2", str(slot): "2"}

"""What hold budgets promise: in memory, and shared through Valkey; and what processes hear of one another."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.hold_budget import MemoryHoldBudget
from adapters.redis.client import redis_client
from adapters.redis.hold_budget import RedisHoldBudget
from core.shared.windows import SLOTS
from ports.hold_budget import HoldBudget

WINDOW_S = 60
HOUSE_MAX = 5
ANN = {"account:ann": 3}
BOB = {"account:bob": 3}
HOUSE = {"address:house": HOUSE_MAX}


@asynccontextmanager
async def shared_budget(url: str, *, share: float = 0.0, spenders_max: int = 100) -> AsyncIterator[RedisHoldBudget]:
    """Return the budget of one process; by default it tells of everybody."""
    client = redis_client(url, timeout_s=0.3, retries_max=0)
    try:
        yield RedisHoldBudget(MemoryHoldBudget(WINDOW_S, spenders_max=spenders_max), client, share=share, rest_s=0.0)
    finally:
        await client.aclose()


@pytest.fixture(params=["memory", "valkey", "valkey is away"])
async def budget(request: pytest.FixtureRequest) -> AsyncIterator[HoldBudget]:
    if request.param == "memory":
        yield MemoryHoldBudget(WINDOW_S, spenders_max=100)
        return
    url = request.getfixturevalue("valkey_url") if request.param == "valkey" else "redis://127.0.0.1:9/0"
    async with shared_budget(url) as budget:
        yield budget


@pytest.fixture
async def clean_url(valkey_url: str) -> str:
    client = redis_client(valkey_url)
    await client.flushdb()
    await client.aclose()
    return valkey_url


@pytest.fixture
def now() -> datetime:
    return MemoryClock().now()


def after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def test_a_spender_may_have_its_limit_and_no_more(budget: HoldBudget, now: datetime) -> None:
    assert [budget.spend(ANN, now=now) for _ in range(4)] == [0, 0, 0, WINDOW_S + WINDOW_S // SLOTS]
    assert budget.spend(BOB, now=now) == 0


def test_one_more_is_allowed_exactly_when_it_was_said(budget: HoldBudget, now: datetime) -> None:
    began = after(now, 7.5)
    for number in range(3):
        assert budget.spend(ANN, now=after(began, number)) == 0
    wait_s = budget.spend(ANN, now=after(began, 3))
    assert 0 < wait_s <= WINDOW_S + WINDOW_S // SLOTS
    assert budget.spend(ANN, now=after(began, 3 + wait_s - 1)) == 1
    assert budget.spend(ANN, now=after(began, 3 + wait_s)) == 0


def test_what_is_not_allowed_costs_nothing_of_anybody(budget: HoldBudget, now: datetime) -> None:
    for _ in range(3):
        assert budget.spend(ANN | HOUSE, now=now) == 0
    for _ in range(10):
        assert budget.spend(ANN | HOUSE, now=now) > 0
    assert [budget.spend(BOB | HOUSE, now=now) > 0 for _ in range(3)] == [False, False, True]


def test_no_window_ever_has_more_than_the_limit(budget: HoldBudget, now: datetime) -> None:
    dice = random.Random(5)
    allowed: list[float] = []
    moment = 0.0
    for _ in range(600):
        moment += dice.choice([0.0, 0.5, 3.0, 20.0])
        if budget.spend(HOUSE, now=after(now, moment)) == 0:
            allowed.append(moment)
        assert sum(one > moment - WINDOW_S for one in allowed) <= HOUSE_MAX
    assert len(allowed) > 600 * 5.875 / WINDOW_S * HOUSE_MAX / 2, "hardly anything was allowed"


def test_the_quietest_spenders_are_forgotten_when_there_are_too_many(budget: HoldBudget, now: datetime) -> None:
    for _ in range(3):
        budget.spend(ANN, now=now)
    for number in range(99):
        budget.spend({f"account:{number}": 3}, now=now)
    assert budget.spend(ANN, now=now) > 0, "the hundred that are remembered"
    budget.spend(BOB, now=now)
    assert budget.spend(ANN, now=now) == 0


async def test_what_one_process_allows_counts_in_the_others(clean_url: str, now: datetime) -> None:
    async with shared_budget(clean_url) as one, shared_budget(clean_url) as two:
        assert one.spend(ANN, now=now) == one.spend(ANN, now=now) == 0
        await one.share()
        assert two.spend(ANN, now=now) == 0, "it has not heard of the others yet"
        await two.share()
        assert two.spend(ANN, now=now) > 0
        assert two.spend(BOB, now=now) == 0
        assert two.spend(ANN, now=after(now, WINDOW_S + WINDOW_S // SLOTS)) == 0


async def test_telling_twice_counts_once(clean_url: str, now: datetime) -> None:
    async with shared_budget(clean_url) as one, shared_budget(clean_url) as two:
        for _ in range(5):
            await one.share()
            await two.share()
        one.spend(ANN, now=now)
        await one.share()
        await one.share()
        two.spend(ANN, now=now)
        await two.share()
        assert two.spend(ANN, now=now) == 0
        await two.share()
        assert two.spend(ANN, now=now) > 0


async def test_nobody_is_told_of_ordinary_buyers(clean_url: str, now: datetime) -> None:
    client = redis_client(clean_url)
    crowd = {"address:crowd": 40}
    async with shared_budget(clean_url, share=1 / 8) as one:
        for spent in range(1, 6):
            one.spend(crowd, now=now)
            await one.share()
            assert await client.dbsize() == (spent >= 5)
    await client.aclose()


async def test_what_could_not_be_told_is_told_later(clean_url: str, now: datetime) -> None:
    async with shared_budget("redis://127.0.0.1:9/0") as lost, shared_budget(clean_url) as two:
        for _ in range(3):
            lost.spend(ANN, now=now)
        assert await lost.share() == 0
        assert lost.spend(ANN, now=now) > 0, "alone, it keeps to its limit"
        client = redis_client(clean_url)
        lost._client = client
        await lost.share()
        two.spend(ANN, now=now)
        await two.share()
        assert two.spend(ANN, now=now) > 0
        await client.aclose()


LIES = [
    b"+OK\r\n",
    b"-ERR no\r\n",
    b":-5\r\n",
    b"*2\r\n$1\r\nx\r\n$2\r\n99\r\n",
    b"$3\r\nabc\r\n",
    b"\x00\xff\r\n",
    b"!garbage",
]


@pytest.mark.parametrize("lie", LIES)
async def test_a_redis_that_answers_nonsense_opens_and_closes_nothing(lie: bytes, now: datetime) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65_536):
                writer.write(lie * 8)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with shared_budget(f"redis://127.0.0.1:{port}/0") as budget:
        for _ in range(3):
            assert budget.spend(ANN, now=now) == 0
            await budget.share()
        assert budget.spend(ANN, now=now) > 0
        assert budget.spend(BOB, now=now) == 0
    server.close()

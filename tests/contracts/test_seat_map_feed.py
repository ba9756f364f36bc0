"""What the live map's stream promises, held in memory and by Redis alike."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.redis.client import redis_client
from adapters.redis.seat_map import RedisSeatMapFeed
from core.shared.ids import PlanId, SeatId, TenantId
from ports.seat_map import (
    BEGINNING,
    MapChange,
    MapEntry,
    MapEventId,
    PlanClosed,
    SeatMapFeed,
    SeatsChanged,
    TooFarBehind,
)

type MakeFeed = Callable[[int], SeatMapFeed]

TENANT = TenantId(uuid4())


@pytest.fixture(params=["memory", "redis"])
async def make_feed(request: pytest.FixtureRequest) -> AsyncIterator[MakeFeed]:
    if request.param == "memory":
        yield lambda entries_max: MemorySeatMapFeed(entries_max=entries_max)
        return
    url = request.getfixturevalue("valkey_url")
    async with AsyncExitStack() as exits:
        client, waiting = [await exits.enter_async_context(redis_client(url)) for _ in range(2)]
        prefix = f"test:{uuid4()}"
        yield lambda entries_max: RedisSeatMapFeed(client, waiting, prefix=prefix, entries_max=entries_max)


@pytest.fixture
def feed(make_feed: MakeFeed) -> SeatMapFeed:
    return make_feed(10_000)


@pytest.fixture
def plan() -> PlanId:
    return PlanId(uuid4())


def held() -> SeatsChanged:
    return SeatsChanged({SeatId(uuid4()): "HELD", SeatId(uuid4()): "SOLD"})


async def read(
    feed: SeatMapFeed, plan: PlanId, after: MapEventId, *, changes_max: int = 100, wait_s: float = 0
) -> Sequence[MapEntry] | TooFarBehind:
    return await feed.read(TENANT, plan, after=after, changes_max=changes_max, wait_s=wait_s)


async def test_a_plan_of_which_nothing_was_told_begins_at_the_beginning(feed: SeatMapFeed, plan: PlanId) -> None:
    assert await feed.last_id(TENANT, plan) == BEGINNING
    assert await read(feed, plan, BEGINNING) == []


async def test_changes_come_as_they_were_written_and_in_their_order(feed: SeatMapFeed, plan: PlanId) -> None:
    changes: list[MapChange] = [held(), PlanClosed(), held()]
    ids = [await feed.append(TENANT, plan, change) for change in changes]
    assert ids == sorted(set(ids))
    everything = [MapEntry(id, change) for id, change in zip(ids, changes, strict=True)]
    assert await read(feed, plan, BEGINNING) == everything
    assert await read(feed, plan, ids[0]) == everything[1:]
    assert await read(feed, plan, ids[2]) == []
    assert await feed.last_id(TENANT, plan) == ids[2]


async def test_no_more_changes_come_than_were_asked_for_and_the_oldest_first(feed: SeatMapFeed, plan: PlanId) -> None:
    ids = [await feed.append(TENANT, plan, held()) for _ in range(5)]
    found = await read(feed, plan, ids[0], changes_max=2)
    assert not isinstance(found, TooFarBehind)
    assert [entry.id for entry in found] == ids[1:3]


async def test_a_plan_sees_nothing_of_another_plan_or_tenant(feed: SeatMapFeed, plan: PlanId) -> None:
    await feed.append(TENANT, PlanId(uuid4()), held())
    await feed.append(TenantId(uuid4()), plan, held())
    assert await read(feed, plan, BEGINNING) == []


async def test_a_reader_that_waits_gets_the_change_when_it_happens(feed: SeatMapFeed, plan: PlanId) -> None:
    first = await feed.append(TENANT, plan, held())
    waiting = asyncio.create_task(read(feed, plan, first, wait_s=1.5))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    change = held()
    second = await feed.append(TENANT, plan, change)
    assert await waiting == [MapEntry(second, change)]


async def test_a_reader_that_waits_for_a_plans_first_change_gets_it(feed: SeatMapFeed, plan: PlanId) -> None:
    waiting = asyncio.create_task(read(feed, plan, BEGINNING, wait_s=1.5))
    await asyncio.sleep(0.1)
    await feed.append(TENANT, plan, held())
    found = await waiting
    assert not isinstance(found, TooFarBehind)
    assert len(found) == 1


async def test_a_reader_that_waits_in_vain_gets_nothing(feed: SeatMapFeed, plan: PlanId) -> None:
    first = await feed.append(TENANT, plan, held())
    assert await read(feed, plan, first, wait_s=0.05) == []


async def test_who_stands_before_a_new_beginning_is_too_far_behind_and_who_stands_at_it_goes_on(
    feed: SeatMapFeed, plan: PlanId
) -> None:
    places = [BEGINNING, await feed.append(TENANT, plan, held()), await feed.append(TENANT, plan, held())]
    waiting = asyncio.create_task(read(feed, plan, places[-1], wait_s=1.5))
    await asyncio.sleep(0.1)
    anew = await feed.begin_anew(TENANT, plan)
    assert await waiting == TooFarBehind()
    assert [await read(feed, plan, place) for place in places] == [TooFarBehind()] * 3
    assert anew > places[-1]
    assert await feed.last_id(TENANT, plan) == anew
    assert await read(feed, plan, anew) == []
    after = await feed.append(TENANT, plan, held())
    found = await read(feed, plan, anew)
    assert not isinstance(found, TooFarBehind)
    assert [entry.id for entry in found] == [after]


async def test_a_plan_of_which_nothing_was_told_can_begin_anew(feed: SeatMapFeed, plan: PlanId) -> None:
    anew = await feed.begin_anew(TENANT, plan)
    assert await read(feed, plan, BEGINNING) == TooFarBehind()
    assert await read(feed, plan, anew) == []


async def test_a_place_that_never_was_is_too_far_behind(feed: SeatMapFeed, plan: PlanId) -> None:
    last = await feed.append(TENANT, plan, held())
    for never in (MapEventId(last.time_ms, last.number + 7), MapEventId(1, 1), MapEventId(2**63 - 1, 2**63 - 1)):
        if never != last:
            assert await read(feed, plan, never) == TooFarBehind()


async def test_a_place_from_which_changes_were_cut_is_too_far_behind(make_feed: MakeFeed, plan: PlanId) -> None:
    feed = make_feed(10)
    first = await feed.append(TENANT, plan, held())
    # Redis cuts whole nodes of about a hundred entries.
    ids = [await feed.append(TENANT, plan, held()) for _ in range(400)]
    assert await read(feed, plan, BEGINNING) == TooFarBehind()
    assert await read(feed, plan, first) == TooFarBehind()
    assert await read(feed, plan, ids[0], wait_s=0.05) == TooFarBehind()
    kept = await read(feed, plan, ids[-10])
    assert not isinstance(kept, TooFarBehind)
    assert [entry.id for entry in kept] == ids[-9:]


@pytest.mark.parametrize("text", ["", "7", "-", "1-", "-1", "1-2-3", "a-b", "1.0-1", "²-1", f"{2**63}-0", "1" * 5000])
def test_a_text_that_is_no_place_is_none(text: str) -> None:
    assert MapEventId.parse(text) is None


def test_a_place_is_read_as_it_was_written_and_places_are_in_order() -> None:
    assert MapEventId.parse(str(MapEventId(17, 3))) == MapEventId(17, 3)
    assert MapEventId(9, 9) < MapEventId(10, 0) < MapEventId(10, 1)

"""The hub of live maps: bounded queues, heartbeats, resuming, and nothing left behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from adapters.http.seat_map_hub import HEARTBEAT_S, MapReader, SeatMapHub
from adapters.http.sse import HEARTBEAT
from adapters.memory.clock import MemoryClock
from adapters.memory.seat_map import MemorySeatMapFeed
from core.shared.ids import PlanId, SeatId, TenantId
from ports.seat_map import MapEventId, PlanClosed, SeatMapUnavailableError, SeatsChanged

TENANT, PLAN = TenantId(uuid4()), PlanId(uuid4())
SEAT, OTHER = SeatId(uuid4()), SeatId(uuid4())


@pytest.fixture
def feed() -> MemorySeatMapFeed:
    return MemorySeatMapFeed(entries_max=5)


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock()


@pytest.fixture
async def hub(feed: MemorySeatMapFeed, clock: MemoryClock) -> AsyncIterator[SeatMapHub]:
    hub = SeatMapHub(feed, clock, frames_max=3, readers_max=4, wait_s=0.01, pause_s=0)
    yield hub
    await hub.stop()


async def tell(feed: MemorySeatMapFeed, status: str = "HELD", *, seat: SeatId = SEAT) -> MapEventId:
    return await feed.append(TENANT, PLAN, SeatsChanged({seat: status}))


def parsed(body: bytes) -> tuple[str, str | None, Any]:
    """Return an event's name, id and data."""
    lines = dict(line.split(": ", 1) for line in body.decode().strip().splitlines())
    return lines["event"], lines.get("id"), json.loads(lines["data"])


def parsed_seats(body: bytes) -> dict[str, str]:
    name, _, data = parsed(body)
    assert name == "seats"
    return {change["id"]: change["status"] for change in data["changes"]}


async def following(bodies: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(2):
        return await anext(bodies)


async def rest(bodies: AsyncIterator[bytes]) -> list[bytes]:
    async with asyncio.timeout(2):
        return [body async for body in bodies]


async def settle() -> None:
    """Let the channel's task read and fan out."""
    await asyncio.sleep(0.05)


def our_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("seat map")]


async def test_a_new_reader_is_told_from_where_the_changes_go_on_and_then_the_changes(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    before = await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(None)
        assert parsed(await following(bodies)) == ("snapshot", str(before), {"eventId": str(before)})
        now = await tell(feed, "SOLD")
        body = await following(bodies)
        assert parsed(body)[1] == str(now)
        assert parsed_seats(body) == {str(SEAT): "SOLD"}


async def test_a_reader_that_comes_back_gets_what_it_missed_once_and_goes_on(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    seen = await tell(feed)
    await tell(feed, "RESERVED")
    await tell(feed, "HELD", seat=OTHER)
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(seen)
        assert parsed_seats(await following(bodies)) == {str(SEAT): "RESERVED", str(OTHER): "HELD"}
        last = await tell(feed, "SOLD")
        assert parsed(await following(bodies))[1] == str(last)


async def test_a_change_between_joining_and_catching_up_is_neither_lost_nor_told_twice(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    seen = await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        await tell(feed, "RESERVED")
        await settle()
        bodies = reader.bodies(seen)
        assert parsed_seats(await following(bodies)) == {str(SEAT): "RESERVED"}
        await tell(feed, "SOLD")
        assert parsed_seats(await following(bodies)) == {str(SEAT): "SOLD"}


async def test_a_reader_that_was_away_too_long_is_told_so_and_goes_on(hub: SeatMapHub, feed: MemorySeatMapFeed) -> None:
    old = await tell(feed)
    last = [await tell(feed) for _ in range(7)][-1]
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(old)
        assert parsed(await following(bodies)) == ("resync", str(last), {"eventId": str(last)})
        await tell(feed, "SOLD")
        assert parsed_seats(await following(bodies)) == {str(SEAT): "SOLD"}


async def test_a_reader_whose_id_is_none_is_told_to_begin_anew(hub: SeatMapHub) -> None:
    async with hub.reader(TENANT, PLAN) as reader:
        assert parsed(await following(reader.bodies(None, known=False)))[0] == "resync"


async def test_a_queue_holds_as_much_as_it_may_and_one_more_ends_the_stream_with_resync(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    async with hub.reader(TENANT, PLAN) as full, hub.reader(TENANT, PLAN) as quick:
        slow_bodies, quick_bodies = full.bodies(None), quick.bodies(None)
        await following(slow_bodies)
        await following(quick_bodies)
        for _ in range(3):
            await tell(feed)
            await following(quick_bodies)
        assert [parsed(await following(slow_bodies))[0] for _ in range(3)] == ["seats"] * 3
        for _ in range(4):
            await tell(feed)
            await following(quick_bodies)
        (last,) = await rest(slow_bodies)
        assert parsed(last) == ("resync", "", {})
        await tell(feed, "SOLD")
        assert parsed_seats(await following(quick_bodies)) == {str(SEAT): "SOLD"}


async def test_a_heartbeat_comes_when_its_time_has_come_and_not_before(hub: SeatMapHub, clock: MemoryClock) -> None:
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(None)
        await following(bodies)
        waiting = asyncio.ensure_future(anext(bodies))
        await settle()
        clock.move(seconds=HEARTBEAT_S - 0.001)
        await settle()
        assert not waiting.done()
        clock.move(seconds=0.001)
        assert await asyncio.wait_for(waiting, 2) == HEARTBEAT


async def test_a_plan_taken_off_sale_ends_its_streams_behind_the_last_changes(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(None)
        await following(bodies)
        await tell(feed)
        await feed.append(TENANT, PLAN, PlanClosed())
        text = b"".join(await rest(bodies))
        assert text.index(b"event: seats") < text.index(b"event: closed")
    assert our_tasks() == []


async def test_a_reader_that_missed_the_end_of_the_plan_is_told(hub: SeatMapHub, feed: MemorySeatMapFeed) -> None:
    seen = await tell(feed)
    await feed.append(TENANT, PLAN, PlanClosed())
    async with hub.reader(TENANT, PLAN) as reader:
        (last,) = await rest(reader.bodies(seen))
        assert last.startswith(b"event: closed\n")


async def test_while_the_stream_is_away_readers_are_told_and_new_ones_refused_and_afterwards_all_is_well(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(None)
        await following(bodies)
        feed.away = True
        (last,) = await rest(bodies)
        assert last.startswith(b"event: unavailable\nid: \nretry: 5000\n")
    with pytest.raises(SeatMapUnavailableError):
        async with hub.reader(TENANT, PLAN):
            pytest.fail("no reader is taken while the stream is away")
    feed.away = False
    async with hub.reader(TENANT, PLAN) as reader:
        assert parsed(await following(reader.bodies(None)))[0] == "snapshot"


async def test_a_change_that_could_not_be_written_makes_those_before_it_begin_anew(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    seen = await tell(feed)
    feed.away = True
    with pytest.raises(SeatMapUnavailableError):
        await tell(feed, "SOLD")
    feed.away = False
    await tell(feed, seat=OTHER)
    async with hub.reader(TENANT, PLAN) as reader:
        assert parsed(await following(reader.bodies(seen)))[0] == "resync"


async def test_when_the_last_reader_leaves_nothing_is_left(hub: SeatMapHub) -> None:
    async with hub.reader(TENANT, PLAN):
        async with hub.reader(TENANT, PLAN):
            assert len(our_tasks()) == 1
        await settle()
        assert (hub.readers_count, len(our_tasks())) == (1, 1)
    await settle()
    assert (hub.readers_count, our_tasks()) == (0, [])


async def test_as_many_readers_as_may_be_are_taken_and_no_more(hub: SeatMapHub) -> None:
    leave = asyncio.Event()

    async def watch() -> None:
        async with hub.reader(TENANT, PLAN):
            await leave.wait()

    watching = [asyncio.create_task(watch()) for _ in range(4)]
    await settle()
    with pytest.raises(SeatMapUnavailableError):
        async with hub.reader(TENANT, PLAN):
            pytest.fail("one too many")
    leave.set()
    await asyncio.gather(*watching)
    async with hub.reader(TENANT, PLAN):
        assert hub.readers_count == 1


async def test_a_stop_ends_every_stream_and_takes_no_new_one(hub: SeatMapHub) -> None:
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(None)
        await following(bodies)
        await hub.stop()
        assert await rest(bodies) == []
    with pytest.raises(SeatMapUnavailableError):
        async with hub.reader(TENANT, PLAN):
            pytest.fail("it has stopped")


async def test_a_hundred_readers_of_one_plan_share_one_task(feed: MemorySeatMapFeed, clock: MemoryClock) -> None:
    hub = SeatMapHub(feed, clock, wait_s=0.01, pause_s=0)
    readers: list[MapReader] = []

    async def watch(reader: MapReader) -> dict[str, str]:
        bodies = reader.bodies(None)
        await following(bodies)
        return parsed_seats(await following(bodies))

    async def enter() -> dict[str, str]:
        async with hub.reader(TENANT, PLAN) as reader:
            readers.append(reader)
            return await watch(reader)

    watching = [asyncio.create_task(enter()) for _ in range(100)]
    await settle()
    assert len(our_tasks()) == 1
    await tell(feed)
    assert await asyncio.gather(*watching) == [{str(SEAT): "HELD"}] * 100
    await hub.stop()

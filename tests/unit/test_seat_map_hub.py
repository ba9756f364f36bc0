"""The hub of live maps: bounded queues, heartbeats, resuming, and nothing left behind."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, override
from uuid import uuid4

import pytest

from adapters.http.seat_map_hub import HEARTBEAT_S, SeatMapHub
from adapters.http.seat_map_reader import MapReader
from adapters.http.sse import HEARTBEAT
from adapters.memory.clock import MemoryClock
from adapters.memory.seat_map import MemorySeatMapFeed
from core.shared.ids import PlanId, SeatId, TenantId
from ports.seat_map import (
    BEGINNING,
    MapEntry,
    MapEventId,
    PlanClosed,
    SeatMapUnavailableError,
    SeatsChanged,
    TooFarBehind,
)

TENANT, PLAN = TenantId(uuid4()), PlanId(uuid4())
SEAT, OTHER = SeatId(uuid4()), SeatId(uuid4())


class SlowFeed(MemorySeatMapFeed):
    """Readings of what was missed wait: before they look while the gate is shut, and with what they saw till `late`."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.late = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.late.set()
        self.readings: Counter[MapEventId] = Counter()

    @override
    async def read(
        self, tenant_id: TenantId, plan_id: PlanId, *, after: MapEventId, changes_max: int, wait_s: float
    ) -> Sequence[MapEntry] | TooFarBehind:
        if wait_s > 0:
            return await super().read(tenant_id, plan_id, after=after, changes_max=changes_max, wait_s=wait_s)
        self.readings[after] += 1
        await self.gate.wait()
        found = await super().read(tenant_id, plan_id, after=after, changes_max=changes_max, wait_s=wait_s)
        await self.late.wait()
        return found


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


async def test_many_who_come_back_at_once_share_one_reading_and_none_misses_what_came_after_it_began(
    clock: MemoryClock,
) -> None:
    feed = SlowFeed()
    hub = SeatMapHub(feed, clock, wait_s=0.01, pause_s=0)
    seen, missed = await tell(feed), await tell(feed, "RESERVED")

    async def come_back() -> tuple[dict[str, str], str | None]:
        async with hub.reader(TENANT, PLAN) as reader:
            bodies = reader.bodies(seen)
            return parsed_seats(await following(bodies)), parsed(await following(bodies))[1]

    async with hub.reader(TENANT, PLAN):
        feed.gate.clear()
        back = [asyncio.create_task(come_back()) for _ in range(50)]
        await settle()
        feed.gate.set()
        await settle()
        last = await tell(feed, "SOLD")
        assert await asyncio.gather(*back) == [({str(SEAT): "RESERVED"}, str(last))] * 50
    # What stood behind the old place, and that nothing stands behind the new one.
    assert feed.readings == {seen: 1, missed: 1}
    await hub.stop()


async def test_who_joins_a_reading_that_began_too_early_does_not_miss_what_the_channel_told_before(
    clock: MemoryClock,
) -> None:
    feed = SlowFeed()
    hub = SeatMapHub(feed, clock, wait_s=0.01, pause_s=0)
    seen = await tell(feed)
    async with hub.reader(TENANT, PLAN) as early:
        feed.late.clear()
        first = asyncio.ensure_future(anext(early.bodies(seen)))
        await settle()  # the early one's reading has found nothing, and has not come back yet
        told = await tell(feed, "SOLD")
        await settle()  # the channel has told it
        async with hub.reader(TENANT, PLAN) as late:
            joined = asyncio.ensure_future(anext(late.bodies(seen)))
            await settle()
            feed.late.set()
            for waiting in (first, joined):
                assert parsed(await asyncio.wait_for(waiting, 2))[1] == str(told)
    await hub.stop()


async def test_who_finds_a_reading_that_ended_this_instant_and_began_too_early_does_not_miss_what_the_channel_told(
    clock: MemoryClock,
) -> None:
    feed = SlowFeed()
    hub = SeatMapHub(feed, clock, wait_s=0.01, pause_s=0)
    seen = await tell(feed)
    async with hub.reader(TENANT, PLAN) as early:
        feed.late.clear()
        first = asyncio.ensure_future(anext(early.bodies(seen)))
        await settle()  # the early one's reading has found nothing, and has not come back yet
        told = await tell(feed, "SOLD")
        await settle()
        async with hub.reader(TENANT, PLAN) as late:

            async def come_back() -> bytes:
                # Woken behind the reading in the same turn of the loop: it has ended, and nobody has tidied it away.
                await feed.late.wait()
                return await anext(late.bodies(seen))

            back = asyncio.create_task(come_back())
            await settle()
            feed.late.set()
            for waiting in (first, back):
                name, place, _ = parsed(await asyncio.wait_for(waiting, 2))
                assert (name, place) == ("seats", str(told))
    await hub.stop()


async def test_a_reader_of_a_stream_that_was_emptied_is_told_once_to_read_the_map_and_then_waits(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    seen = await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        last = await tell(feed)
        await settle()
        channel = hub._channels[TENANT, PLAN]
        channel.task.cancel()
        await asyncio.gather(channel.task, return_exceptions=True)
        feed._streams[TENANT, PLAN].entries.clear()  # neither place stands any more
        assert [parsed(body)[:2] for body in await rest(reader.bodies(seen))] == [("resync", str(last))]


async def test_a_hub_that_began_before_the_plans_first_change_tells_it_to_the_new_and_to_those_who_come_back(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    async with hub.reader(TENANT, PLAN) as new, hub.reader(TENANT, PLAN) as back:
        bodies = new.bodies(None)
        assert parsed(await following(bodies))[:2] == ("snapshot", str(BEGINNING))
        told = await tell(feed)
        assert parsed(await following(bodies))[:2] == ("seats", str(told))
        assert parsed(await following(back.bodies(BEGINNING)))[:2] == ("seats", str(told))


async def test_who_names_a_place_to_come_is_told_to_read_the_map_and_hears_what_comes_then(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    last = await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        bodies = reader.bodies(
            MapEventId(last.time_ms + 1_000, 0)
        )  # of a stream that was lost, by a clock that was fast
        assert parsed(await following(bodies))[:2] == ("resync", str(last))
        told = await tell(feed)
        assert parsed(await following(bodies))[:2] == ("seats", str(told))


async def test_who_was_told_more_by_another_process_hears_nothing_twice_here(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        ahead = await tell(feed, "RESERVED")  # our channel has not read it yet
        bodies = reader.bodies(ahead)
        waiting = asyncio.ensure_future(anext(bodies))
        await settle()
        assert not waiting.done()
        last = await tell(feed, "SOLD")
        assert parsed(await asyncio.wait_for(waiting, 2))[:2] == ("seats", str(last))


async def test_a_stream_that_was_emptied_behind_the_hubs_back_is_resync_and_not_an_endless_search(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader:
        place = reader._channel.place
        feed._streams.clear()
        assert parsed(await following(reader.bodies(BEGINNING))) == ("resync", str(place), {"eventId": str(place)})


async def test_a_stream_ends_when_its_token_does_and_can_be_taken_up_with_a_new_one(
    hub: SeatMapHub, feed: MemorySeatMapFeed, clock: MemoryClock
) -> None:
    until = clock.now() + timedelta(minutes=15)
    async with hub.reader(TENANT, PLAN, until=until) as reader, hub.reader(TENANT, PLAN) as endless:
        bodies, others = reader.bodies(None), endless.bodies(None)
        await following(bodies)
        await following(others)
        clock.move(seconds=15 * 60 - 0.001)
        assert await following(bodies) == HEARTBEAT
        assert await following(others) == HEARTBEAT
        last = await tell(feed)
        assert parsed(await following(bodies))[1] == str(last)
        clock.move(seconds=0.001)
        (end,) = await rest(bodies)
        assert end == b"event: expired\ndata: {}\n\n", "without an id: the client keeps its place"
        assert parsed(await following(others))[1] == str(last)
        await tell(feed, "SOLD")
        assert parsed_seats(await following(others)) == {str(SEAT): "SOLD"}
    async with hub.reader(TENANT, PLAN, until=clock.now() + timedelta(minutes=15)) as reader:
        assert parsed_seats(await following(reader.bodies(last))) == {str(SEAT): "SOLD"}


async def test_those_who_leave_before_their_token_ends_leave_nothing_behind(
    hub: SeatMapHub, clock: MemoryClock
) -> None:
    async with hub.reader(TENANT, PLAN):
        channel = hub._channels[TENANT, PLAN]
        for _ in range(3):
            async with hub.reader(TENANT, PLAN, until=clock.now() + timedelta(minutes=15)):
                assert len(channel._deadlines) == 1
        assert channel._deadlines == {}


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
        assert (await following(slow_bodies)).count(b"event: seats\n") == 3, "what has gathered comes in one piece"
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


async def test_a_plan_with_other_seats_has_all_who_watch_read_the_map_again_behind_the_last_changes(
    hub: SeatMapHub, feed: MemorySeatMapFeed
) -> None:
    seen = await tell(feed)
    async with hub.reader(TENANT, PLAN) as reader, hub.reader(TENANT, PLAN) as other:
        watching = [reader.bodies(None), other.bodies(seen)]
        await following(watching[0])
        waiting = asyncio.ensure_future(anext(watching[1]))
        await settle()
        await tell(feed, "SOLD")
        await settle()
        anew = await feed.begin_anew(TENANT, PLAN)
        text = b"".join([await asyncio.wait_for(waiting, 2), *await rest(watching[1])])
        for told in (text, b"".join(await rest(watching[0]))):
            assert told.index(b"event: seats") < told.index(b"event: resync\nid: \n")
    async with hub.reader(TENANT, PLAN) as new, hub.reader(TENANT, PLAN) as back:
        assert parsed(await following(new.bodies(None)))[:2] == ("snapshot", str(anew))
        assert parsed(await following(back.bodies(seen))) == ("resync", str(anew), {"eventId": str(anew)})


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

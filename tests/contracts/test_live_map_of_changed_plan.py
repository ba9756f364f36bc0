"""Who watches a plan whose layout is changed hears that the map is to be read again; over memory and over Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import uuid4

import pytest

from adapters.http.seat_map_hub import SeatMapHub
from adapters.memory.clock import MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from adapters.redis.client import redis_client
from adapters.redis.seat_map import RedisSeatMapFeed
from adapters.system.clock import SystemClock
from bootstrap.containers.seating import SEATING_SUBSCRIPTIONS
from core.seating.grid import GridSection
from ports.seat_map import SeatMapFeed
from tests.operations_world import MANAGER, TENANT
from tests.plan_change_world import House
from tests.seating_world import SeatingStores, granting
from usecases.messaging.take_event import take_event
from usecases.seating.catalogues import Catalogues
from usecases.seating.publish_map import PublishMap
from usecases.seating.seats_snapshot import SeatsSnapshot


@dataclass
class Watched:
    """A house whose events are told to the live map of its plan when that is asked for."""

    house: House
    messages: MemoryMessages
    feed: SeatMapFeed
    hub: SeatMapHub
    taken: int = 0

    async def relay(self) -> None:
        new = list(self.messages.events[self.taken :])
        self.taken += len(new)
        wanted = {each.event.event_type: each for each in SEATING_SUBSCRIPTIONS if each.handler is PublishMap}
        publish = PublishMap(self.house.stores.transactions, self.feed, self.house.clock)
        for envelope in new:
            if envelope.type in wanted:
                assert await take_event(envelope, subscription=wanted[envelope.type], consumer=publish) is None


@pytest.fixture(params=["memory", "redis"])
async def watched(request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    messages = MemoryMessages(ids=MemoryIds())
    transactions = MemorySeatingTransactions(messages)
    holds = MemoryHolds(transactions)
    house = await House(
        SeatingStores(transactions, transactions, holds, granting(holds, transactions)), MemoryIds()
    ).open()
    async with AsyncExitStack() as exits:
        feed: SeatMapFeed = MemorySeatMapFeed()
        if request.param == "redis":
            url = request.getfixturevalue("valkey_url")
            client, waiting = [await exits.enter_async_context(redis_client(url)) for _ in range(2)]
            feed = RedisSeatMapFeed(client, waiting, prefix=f"test:{uuid4()}")
        hub = SeatMapHub(feed, SystemClock(), wait_s=0.05, pause_s=0)
        exits.push_async_callback(hub.stop)
        yield Watched(house, messages, feed, hub)


async def test_every_watcher_reads_the_map_again_when_the_change_has_landed_and_not_before(watched: Watched) -> None:
    house, plan_id = watched.house, watched.house.plan.id
    snapshot = SeatsSnapshot(house.seating, Catalogues(house.seating), watched.feed, house.clock)
    async with (
        asyncio.timeout(10),
        watched.hub.reader(TENANT, plan_id) as one,
        watched.hub.reader(TENANT, plan_id) as other,
    ):
        watching = [one.bodies(None), other.bodies(None)]
        for bodies in watching:
            assert (await anext(bodies)).startswith(b"event: snapshot\n")
        new, _ = await house.draft(GridSection("Stalls", 2, 6))
        await house.sold("R1S1")
        await house.frozen(house.params(new))
        await watched.relay()
        for bodies in watching:
            told = await anext(bodies)
            assert told.startswith(b"event: seats\n") and b"event: resync" not in told
        while await house.world.job()():
            pass
        assert (await house.stands())[0].version_number == 2
        await watched.relay()
        for bodies in watching:
            told = b"".join([body async for body in bodies])
            assert told.endswith(b"event: resync\nid: \ndata: {}\n\n") and told.count(b"event: resync") == 1
    seat_map = await snapshot(plan_id, caller=MANAGER)
    assert len(seat_map.letters) == 12
    async with watched.hub.reader(TENANT, plan_id) as back:
        first = await anext(back.bodies(None))
        assert first.startswith(f"event: snapshot\nid: {seat_map.event_id}\n".encode())

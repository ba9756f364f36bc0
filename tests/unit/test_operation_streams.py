"""The stream of an operation's progress: what a reader is told, and when it ends."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.http.operation_streams import OperationStreams, TooManyReadersError
from adapters.memory.clock import MemoryClock
from core.operations.operation import LEASE, Operation
from core.shared.errors import UnavailableError
from core.shared.ids import OperationId
from tests.operations_world import MANAGER, Crash, World, memory_stores


def events_in(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        members = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if members:
            found.append((members["event"], json.loads(members["data"])))
    return found


class Watched:
    """An operation in memory, and a reader of its progress."""

    def __init__(self, **options: Any) -> None:
        self.world = World(memory_stores())
        self.clock: MemoryClock = self.world.clock
        self.streams = OperationStreams(self.clock, look_s=0.001, **options)
        self.away = False
        self.operation_id: OperationId | None = None

    async def bodies(self, *, known: int | None = None, until_s: float | None = None) -> AsyncGenerator[bytes]:
        operation_id = self.operation_id or await self.world.started()
        self.operation_id = operation_id

        async def look() -> Operation:
            if self.away:
                raise UnavailableError("away")
            return await self.world.stands(operation_id)

        until = MemoryClock(self.clock.now()).move(seconds=until_s) if until_s is not None else None
        async with self.streams.reader(look, until=until) as reader:
            async for body in self.streams.bodies(reader, known):
                yield body


async def test_who_knows_the_version_hears_only_a_heartbeat_until_something_changes() -> None:
    watched = Watched(heartbeat_s=15)
    bodies = watched.bodies(known=1)
    first = asyncio.ensure_future(anext(bodies))
    await asyncio.sleep(0.01)
    watched.clock.move(seconds=14.9)
    await asyncio.sleep(0.01)
    assert not first.done()
    watched.clock.move(seconds=0.1)
    assert await first == b": still here\n\n"
    await bodies.aclose()
    assert watched.streams.readers_count == 0


async def test_the_stream_ends_with_the_token_and_when_the_store_is_away() -> None:
    watched = Watched()
    bodies = watched.bodies(until_s=60)
    assert b"event: progress\n" in await anext(bodies)
    watched.clock.move(seconds=60)
    assert [body async for body in bodies] == [b"event: expired\ndata: {}\n\n"]
    watched = Watched()
    bodies = watched.bodies()
    await anext(bodies)
    watched.away = True
    assert [body async for body in bodies] == [b"event: unavailable\nretry: 5000\ndata: {}\n\n"]


async def test_a_stop_ends_all_streams_and_takes_no_new_reader() -> None:
    watched = Watched(readers_max=1)
    bodies = watched.bodies()
    await anext(bodies)
    with pytest.raises(TooManyReadersError):
        await anext(watched.bodies())
    await watched.streams.stop()
    assert [body async for body in bodies] == []
    with pytest.raises(TooManyReadersError):
        await anext(watched.bodies())


async def test_an_undone_operation_is_seen_to_be_undone() -> None:
    world = World(memory_stores())
    operation_id = await world.started()

    def point(where: str) -> None:
        if where in {"after board 1", "after scraping 0"}:
            raise Crash

    world.painting.point = point
    with pytest.raises(Crash):
        await world.job()()
    await world.cancel(operation_id, caller=MANAGER)
    world.clock.move(seconds=LEASE.total_seconds())
    with pytest.raises(Crash):
        await world.job()()
    streams = OperationStreams(world.clock, look_s=0.001)
    async with streams.reader(lambda: world.stands(operation_id), until=None) as reader:
        shown = events_in((await anext(streams.bodies(reader, None))).decode())
    assert [(name, body["undoing"], body["currentStep"]) for name, body in shown] == [("progress", True, "paint")]

"""Those who watch a live map: a process of its own that holds many streams open and notes when each change came.

It reads a Watch as JSON in one line of its standard input, writes a line when all streams are open, and a Watched as
JSON when its standard input ends. Times are of the clock that all processes of a machine share (CLOCK_MONOTONIC).
"""

import asyncio
import re
import resource
import sys
import time
from typing import override

import msgspec
import uvloop

OPEN_AT_ONCE_MAX = 100
_SEAT = re.compile(rb'"id":"([0-9a-f-]{36})"')


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """How many streams to open, and with which request."""

    port: int
    watchers: int
    request: str


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """When each seat's first change came, at each stream, and how many streams were open at the end."""

    came_at: dict[str, list[float]]
    open: int


class _Stream(asyncio.Protocol):
    def __init__(self, came_at: dict[bytes, list[float]], begun: asyncio.Future[None]) -> None:
        self.is_open = True
        self._came_at = came_at
        self._begun = begun
        self._seen: set[bytes] = set()

    @override
    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._begun.done() and b"event: snapshot" in data:
            self._begun.set_result(None)
        for seat in _SEAT.findall(data):
            if seat not in self._seen:
                self._seen.add(seat)
                self._came_at.setdefault(seat, []).append(now)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if not self._begun.done():
            self._begun.set_exception(exc or ConnectionError("a stream was refused"))


async def watch(wanted: Watch) -> Watched:
    """Hold the streams open until the standard input ends."""
    loop = asyncio.get_running_loop()
    came_at: dict[bytes, list[float]] = {}
    gate = asyncio.Semaphore(OPEN_AT_ONCE_MAX)

    async def opened() -> tuple[asyncio.Transport, _Stream]:
        async with gate, asyncio.timeout(60):
            begun: asyncio.Future[None] = loop.create_future()
            transport, stream = await loop.create_connection(lambda: _Stream(came_at, begun), "127.0.0.1", wanted.port)
            transport.write(wanted.request.encode())
            await begun
            return transport, stream

    streams = await asyncio.gather(*(opened() for _ in range(wanted.watchers)))
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)
    still_open = sum(stream.is_open for _, stream in streams)
    for transport, _ in streams:
        transport.abort()
    return Watched(came_at={seat.decode(): times for seat, times in came_at.items()}, open=still_open)


def raise_open_files() -> None:
    """Let this process, and those that it starts, open as many files as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    raise_open_files()
    wanted = msgspec.json.decode(sys.stdin.buffer.readline(), type=Watch)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(watch(wanted))))


if __name__ == "__main__":
    main()

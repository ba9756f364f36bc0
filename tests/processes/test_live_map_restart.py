"""A thousand open live maps, and the process behind them is started anew: all come back, and none misses a change."""

import asyncio
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from bootstrap.runtime import raise_open_files
from tests.running import Buyer, RunningFairseat

READERS = 1_000
BACK_WITHIN_S = 90
_RETRY_S = 0.5
_GONE = (OSError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class Reader:
    """A client that comes back with the id of the last event, as browsers do."""

    port: int
    path: str
    headers: dict[str, str]
    gate: asyncio.Semaphore
    last_id: str = ""
    opened: int = 0
    names: list[str] = field(default_factory=list[str])
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _id_to_come: str = ""

    async def follow(self) -> None:
        """Read until cancelled; a stream that ends is opened again."""
        while True:
            with suppress(*_GONE):
                await self._one_stream()
            await asyncio.sleep(_RETRY_S)

    async def _one_stream(self) -> None:
        async with self.gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            more = {"Last-Event-ID": self.last_id} if self.last_id else {}
            lines = "".join(f"{name}: {value}\r\n" for name, value in (self.headers | more).items())
            writer.write(f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())
            try:
                status = await reader.readline()
                await reader.readuntil(b"\r\n\r\n")
            except BaseException:
                writer.close()
                raise
        try:
            if b" 200 " in status:
                self.opened += 1
                self._id_to_come = self.last_id
                while (line := await reader.readline()).endswith(b"\n"):
                    self._take(line.decode().rstrip("\n"))
        finally:
            writer.close()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(": ")
        if name == "event":
            self.names.append(value)
        elif name == "id":
            self._id_to_come = value
        elif not line:
            self.last_id = self._id_to_come  # an event counts once it has come whole, as in a browser
        elif name == "data":
            for change in json.loads(value).get("changes", ()):
                self.statuses[change["id"]] = change["status"]
            self.news.set()

    async def until(self, *seats: str) -> None:
        """Wait until there was an event, and the seats were told as held."""
        while not self.last_id or any(self.statuses.get(seat) != "HELD" for seat in seats):
            self.news.clear()
            await self.news.wait()


async def held(buyer: Buyer) -> str:
    reservation_id = await asyncio.to_thread(buyer.hold)
    hold = await asyncio.to_thread(buyer.get, f"/holds/{reservation_id}")
    return str(hold["seats"][0]["id"])


async def all_told(readers: list[Reader], *seats: str) -> None:
    async with asyncio.timeout(BACK_WITHIN_S):
        await asyncio.gather(*(reader.until(*seats) for reader in readers))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_thousand_streams_outlive_a_restart_and_a_kill_and_miss_nothing(mortal: RunningFairseat) -> None:
    raise_open_files()
    running = mortal
    with Buyer(running) as buyer:
        gate = asyncio.Semaphore(100)
        path = f"/api/v1/seating-plans/{buyer.plan_id}/events"
        readers = [Reader(running.port, path, buyer.headers, gate) for _ in range(READERS)]
        following = [asyncio.create_task(reader.follow()) for reader in readers]
        try:
            await all_told(readers)
            await all_told(readers, await held(buyer))
            for end in (running.stop, running.kill):
                before = [reader.opened for reader in readers]
                unseen = await held(buyer)
                await asyncio.to_thread(end)
                await asyncio.to_thread(running.start)
                await all_told(readers, unseen, await held(buyer))
                assert all(reader.opened > times for reader, times in zip(readers, before, strict=True)), (
                    "each stream was cut off and opened again"
                )
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
    names = Counter(name for reader in readers for name in reader.names)
    assert names.keys() == {"snapshot", "seats"}, f"somebody had to read the map again: {names}"
    assert all(reader.names.count("snapshot") == 1 for reader in readers), "nobody had to begin anew"

"""The load generator: a process of its own that asks one server over keep-alive connections.

It reads a Load as JSON from its standard input and writes a Loaded to its standard output. It speaks just enough
HTTP/1.1 for what our server answers, since a full client would mostly measure itself.
"""

import asyncio
import sys
from collections import Counter
from itertools import cycle

import msgspec
import uvloop

from tests.benchmarks.arithmetic import Times
from tests.benchmarks.callers import drive


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: each request once, or one request again and again."""

    port: int
    connections: int
    seconds_max: float
    requests: list[str]
    again: bool


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; the statuses count the warm-up too."""

    times: Times
    statuses: dict[str, int]
    refusal: str


class Connection:
    """One keep-alive connection, for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Return status and body; the server must say how long its body is."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        _, _, after = head.lower().partition(b"\r\ncontent-length:")
        length = int(after[: after.index(b"\r\n")])
        return head[9:12].decode(), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def generate(load: Load) -> Loaded:
    """Ask until the time is up or every request was sent."""
    connections = [Connection(*await asyncio.open_connection("127.0.0.1", load.port)) for _ in range(load.connections)]
    statuses: Counter[str] = Counter()
    refusal = ""

    async def ask(number: int, request: bytes) -> None:
        nonlocal refusal
        status, body = await connections[number].ask(request)
        statuses[status] += 1
        if not status.startswith("2"):
            refusal = body.decode()

    requests = [request.encode() for request in load.requests]
    times = await drive(
        ask,
        cycle(requests) if load.again else requests,
        callers=load.connections,
        seconds_max=load.seconds_max,
    )
    for connection in connections:
        connection.close()
    return Loaded(times=times, statuses=dict(statuses), refusal=refusal)


def main() -> None:
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(generate(load))))


if __name__ == "__main__":
    main()

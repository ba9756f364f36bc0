"""A Redis that is well, gone, hangs, or lies, whichever a test wants: a port in front of a real one."""

import asyncio
import itertools
from collections import Counter
from enum import Enum
from typing import Self

_LIES = itertools.cycle(
    (
        b"+OK\r\n",
        b"-ERR not today\r\n",
        b":-7\r\n",
        b"$-1\r\n",
        b"$5\r\nhello\r\n",
        b"*2\r\n$1\r\na\r\n:3\r\n",
        b"*3\r\n*0\r\n*1\r\n+what\r\n_\r\n",
        b"%1\r\n+kind\r\n+seats\r\n",
        b"\x00\xff\xfe garbage\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    )
)


class Mood(Enum):
    """How the Redis is."""

    WELL = "well"
    STOPPED = "stopped"
    HANGING = "hanging"
    LYING = "lying"


class RedisInTrouble:
    """Hands everything on to the Redis at `port` while it is well; `asked` counts what came in each mood."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._mood = Mood.WELL
        self._server: asyncio.Server | None = None
        self._guests: set[asyncio.StreamWriter] = set()
        self.asked: Counter[Mood] = Counter()
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def be(self, mood: Mood) -> None:
        """Change; everybody who is connected is thrown out."""
        self._mood = mood
        if mood is Mood.STOPPED and self._server is not None:
            self._server.close()
            self._server = None
        for guest in tuple(self._guests):
            guest.transport.abort()
        if mood is not Mood.STOPPED and self._server is None:
            self._server = await asyncio.start_server(self._welcome, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        await self.be(Mood.WELL)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.be(Mood.STOPPED)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests.add(writer)
        try:
            if self._mood is Mood.WELL:
                behind_reader, behind = await asyncio.open_connection("127.0.0.1", self._behind)
                back = asyncio.create_task(self._pass_on(behind_reader, writer))
                try:
                    await self._pass_on(reader, behind)
                finally:
                    back.cancel()
                    behind.close()
            while words := await reader.read(65_536):
                self.asked[self._mood] += 1
                if self._mood is Mood.LYING:
                    # As many answers as there were commands, so that no client waits for the rest.
                    writer.write(b"".join(itertools.islice(_LIES, max(1, words.count(b"*")))))
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._guests.discard(writer)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await reader.read(65_536):
            self.asked[Mood.WELL] += 1
            writer.write(words)
            await writer.drain()

"""The progress of long operations as server-sent events: each reader has a task that looks at its operation."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from adapters.http.operation_bodies import OperationBody
from adapters.http.sse import HEARTBEAT, event
from core.operations.operation import Operation
from core.shared.errors import UnavailableError
from ports.clock import Clock

HEARTBEAT_S = 15.0
LOOK_S = 1.0
"""How often an operation is looked at for a reader: people watch it, and few at a time."""

READERS_MAX = 200
LINGER_S = 30.0
"""How long a client may leave what it was sent unread."""

_RETRY_MS = 2_000
_UNAVAILABLE = event("unavailable", {}, retry_ms=5_000)
_EXPIRED = event("expired", {})

_log = logging.getLogger(__name__)

type Look = Callable[[], Awaitable[Operation]]
"""Reads the operation as it stands; raises UnavailableError."""


class TooManyReadersError(UnavailableError):
    """No more readers are taken, or the process stops."""


@dataclass(slots=True, eq=False)
class OperationReader:
    """One client; `gone` is set when nothing more is for it."""

    look: Look
    until: datetime | None
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class OperationStreams:
    """All readers of the process."""

    def __init__(
        self,
        clock: Clock,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        look_s: float = LOOK_S,
        readers_max: int = READERS_MAX,
        linger_s: float = LINGER_S,
    ) -> None:
        self.linger_s = linger_s
        self._clock = clock
        self._heartbeat_s = heartbeat_s
        self._look_s = look_s
        self._readers_max = readers_max
        self._readers: set[OperationReader] = set()
        self._stopped = False

    @asynccontextmanager
    async def reader(self, look: Look, *, until: datetime | None) -> AsyncGenerator[OperationReader]:
        """Take a place while the block lasts; raises TooManyReadersError."""
        if self._stopped or len(self._readers) >= self._readers_max:
            raise TooManyReadersError("No more readers are taken.")
        reader = OperationReader(look, until)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    @property
    def readers_count(self) -> int:
        return len(self._readers)

    async def stop(self) -> None:
        """End every stream, and take no new reader."""
        self._stopped = True
        for reader in tuple(self._readers):
            reader.gone.set()

    async def bodies(self, reader: OperationReader, known: int | None) -> AsyncIterator[bytes]:
        """Yield what the client is sent: the operation whenever it is another version than the client knows.

        The end of the operation ends the stream, as do the end of the token, a stop, and a store that is away.
        """
        silent_since = self._clock.now()
        retry_ms: int | None = _RETRY_MS
        while not reader.gone.is_set():
            now = self._clock.now()
            if reader.until is not None and now >= reader.until:
                yield _EXPIRED
                return
            try:
                operation = await reader.look()
            except UnavailableError as error:
                _log.warning("the progress of an operation cannot be read: %s", error)
                yield _UNAVAILABLE
                return
            id = str(operation.version)
            if not operation.is_live:
                yield event("end", OperationBody.short(operation), id=id, retry_ms=retry_ms)
                return
            if operation.version != known:
                yield event("progress", OperationBody.short(operation), id=id, retry_ms=retry_ms)
                known, silent_since, retry_ms = operation.version, now, None
            elif (now - silent_since).total_seconds() >= self._heartbeat_s:
                yield HEARTBEAT
                silent_since = now
            await self._pause(reader)

    async def _pause(self, reader: OperationReader) -> None:
        try:
            async with asyncio.timeout(self._look_s):
                await reader.gone.wait()
        except TimeoutError:
            return

"""Being woken through PostgreSQL: one process says NOTIFY after it stored work, another one does the work."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import asyncpg

_log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 10.0
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresAlarm:
    """Calls `ring` for each NOTIFY of a channel, and each time it begins to listen.

    A connection of its own listens, and is opened again when it breaks. A hint may be lost, so whoever is woken has to
    look by itself as well, only less often.
    """

    def __init__(self, url: str, channel: str, ring: Callable[[], None], *, retry_s: float = 5.0) -> None:
        self._url = url
        self._channel = channel
        self._ring = ring
        self._retry_s = retry_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, in a running event loop; nothing is raised while the server is away."""
        self._task = asyncio.create_task(self._listen_for_ever(), name=f"alarm {self._channel}")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except _AWAY as error:
                _log.info("nobody is woken by %s for now: %s: %s", self._channel, type(error).__name__, error)
            await asyncio.sleep(self._retry_s)

    async def _listen(self) -> None:
        """Return when the connection breaks."""
        ended = asyncio.Event()

        def heard(*_: object) -> None:
            self._ring()

        def broken(_: object) -> None:
            ended.set()

        connection = await asyncpg.connect(
            self._url, timeout=_CONNECT_TIMEOUT_S, server_settings={"application_name": "fairseat"}
        )
        try:
            connection.add_termination_listener(broken)
            await connection.add_listener(self._channel, heard)
            self._ring()  # for what came while nobody listened
            await ended.wait()
        finally:
            connection.terminate()

"""The live maps of one process: one task reads each plan's stream for all who watch the plan."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from adapters.http.seat_map_frames import End, Frame, frame_of
from adapters.http.seat_map_reader import MapReader
from adapters.system.work_context import on_nobodys_behalf
from core.shared.ids import PlanId, TenantId
from ports.clock import Clock
from ports.seat_map import BEGINNING, MapEventId, SeatMapFeed, SeatMapUnavailableError, TooFarBehind

HEARTBEAT_S = 15.0
FRAMES_MAX = 100
"""What a reader may leave unread before it has to begin anew."""

READERS_MAX = 10_000
_CHANGES_MAX = 500
_WAIT_S = 2.0
_LINGER_S = 10.0
_PAUSE_S = 0.05
"""After each read: what happens meanwhile goes to the readers in one event."""

_log = logging.getLogger(__name__)

type _Key = tuple[TenantId, PlanId]


class _Channel:
    """One plan: its readers, and the task that reads its stream for them."""

    def __init__(self, hub: "SeatMapHub", key: _Key) -> None:
        self.readers: set[MapReader] = set()
        self.place = BEGINNING
        self._hub = hub
        self._key = key
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deadlines: dict[datetime, set[MapReader]] = {}
        self._behind: dict[tuple[MapEventId, MapEventId], asyncio.Task[Frame | TooFarBehind | None]] = {}
        self.task = asyncio.create_task(self._run(), name=f"seat map {key[1]}", context=on_nobodys_behalf())

    async def ready(self) -> None:
        """Return when the task knows its place; raises SeatMapUnavailableError."""
        await asyncio.wait([self._ready])
        self._ready.result()

    def add(self, reader: MapReader) -> None:
        """Let the reader have what comes from now on."""
        self.readers.add(reader)
        if reader.until is not None:
            self._deadlines.setdefault(reader.until, set()).add(reader)

    def remove(self, reader: MapReader) -> None:
        """Forget the reader."""
        self.readers.discard(reader)
        if reader.until is not None:
            due = self._deadlines.get(reader.until, set())
            due.discard(reader)
            if not due:
                self._deadlines.pop(reader.until, None)

    async def frame_behind(self, after: MapEventId) -> Frame | TooFarBehind | None:
        """Return the next frame behind `after`, None when there is none, TooFarBehind when not all of it is there.

        All who ask while the channel stands at one place share one reading, such as those who come back after a
        restart. One that began when it stood at an earlier place may have seen less than the channel has told since:
        it is for nobody who comes now, be it under way or ended a moment ago.
        """
        key = (after, self.place)
        reading = self._behind.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read_behind(after), name="changes that were missed")
            self._behind[key] = reading
            reading.add_done_callback(lambda _: self._behind.pop(key, None))
        return await asyncio.shield(reading)

    async def _read_behind(self, after: MapEventId) -> Frame | TooFarBehind | None:
        found = await self._hub.feed.read(*self._key, after=after, changes_max=_CHANGES_MAX, wait_s=0)
        return found if isinstance(found, TooFarBehind) else frame_of(found)

    async def _run(self) -> None:
        why = End.UNAVAILABLE
        try:
            self.place = await self._hub.feed.last_id(*self._key)
            self._ready.set_result(None)
            why = await self._follow()
        except SeatMapUnavailableError as error:
            _log.warning("the live map of %s ends: %s", self._key[1], error)
            if not self._ready.done():
                self._ready.set_exception(error)
        except asyncio.CancelledError:
            why = End.STOPPED
            raise
        except Exception:  # noqa: BLE001  (a fault ends the streams of one plan; it is recorded, and readers return)
            _log.exception("the live map of %s ends", self._key[1])
        finally:
            self._hub.forget(self._key, self)
            if not self._ready.done():
                self._ready.set_exception(SeatMapUnavailableError("The live map has ended."))
            self._ready.exception()  # looked at, since nobody may be left who waits for it
            for reader in self.readers:
                reader.end(why)

    async def _follow(self) -> End:
        beat_at = self._hub.clock.now()
        while True:
            found = await self._hub.feed.read(
                *self._key, after=self.place, changes_max=_CHANGES_MAX, wait_s=self._wait_s()
            )
            if isinstance(found, TooFarBehind):
                return End.RESYNC
            frame = frame_of(found)
            if frame is not None:
                self._offer(frame)
                self.place = frame.id
                if frame.closes:
                    return End.CLOSED
            beat_at = self._beat(beat_at)
            self._end_overdue()
            await asyncio.sleep(self._hub.pause_s)

    def _beat(self, last_at: datetime) -> datetime:
        now = self._hub.clock.now()
        if (now - last_at).total_seconds() < self._hub.heartbeat_s:
            return last_at
        self._offer(None)
        return now

    def _wait_s(self) -> float:
        """Return how long the stream may be waited for: not beyond the next end of a reader's token."""
        if not self._deadlines:
            return self._hub.wait_s
        left_s = (min(self._deadlines) - self._hub.clock.now()).total_seconds()
        return min(self._hub.wait_s, max(left_s, 0.0))

    def _end_overdue(self) -> None:
        now = self._hub.clock.now()
        for until in [until for until in self._deadlines if until <= now]:
            for reader in self._deadlines.pop(until):
                reader.end(End.EXPIRED)

    def _offer(self, frame: Frame | None) -> None:
        for reader in self.readers:
            reader.offer(frame)


class SeatMapHub:
    """All channels of the process. A plan that nobody watches has none, and costs nothing."""

    def __init__(
        self,
        feed: SeatMapFeed,
        clock: Clock,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        frames_max: int = FRAMES_MAX,
        readers_max: int = READERS_MAX,
        wait_s: float = _WAIT_S,
        pause_s: float = _PAUSE_S,
        linger_s: float = _LINGER_S,
    ) -> None:
        self.feed = feed
        self.clock = clock
        self.heartbeat_s = heartbeat_s
        self.wait_s = wait_s
        self.pause_s = pause_s
        self._frames_max = frames_max
        self._readers_max = readers_max
        self._linger_s = linger_s
        self._readers = 0
        self._channels: dict[_Key, _Channel] = {}
        self._stopped = False

    @asynccontextmanager
    async def reader(
        self, tenant_id: TenantId, plan_id: PlanId, *, until: datetime | None = None
    ) -> AsyncGenerator[MapReader]:
        """Watch a plan while the block lasts; at `until` the reader's stream ends with EXPIRED.

        Raises SeatMapUnavailableError, also when too many watch already.
        """
        if self._stopped or self._readers >= self._readers_max:
            raise SeatMapUnavailableError("No more readers are taken.")
        key = (tenant_id, plan_id)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(self, key)
        reader = MapReader(channel, until=until, frames_max=self._frames_max, linger_s=self._linger_s)
        channel.add(reader)
        self._readers += 1
        try:
            await channel.ready()
            yield reader
        finally:
            self._readers -= 1
            channel.remove(reader)
            if not channel.readers:
                self.forget(key, channel)
                channel.task.cancel()

    def forget(self, key: _Key, channel: _Channel) -> None:
        """Let the next reader of the plan begin a channel of its own."""
        if self._channels.get(key) is channel:
            del self._channels[key]

    @property
    def readers_count(self) -> int:
        return self._readers

    async def stop(self) -> None:
        """End every stream, take no new reader, and return when no task is left."""
        self._stopped = True
        tasks = [channel.task for channel in self._channels.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

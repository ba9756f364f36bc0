"""The live maps of one process: one task reads each plan's stream for all who watch the plan."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from adapters.http.seat_map_frames import End, Frame, frame_of, resync, snapshot
from adapters.http.sse import HEARTBEAT
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


class MapReader:
    """One client's queue: bounded, so that a slow client costs a bounded amount of memory and nobody waits for it."""

    def __init__(self, channel: "_Channel", *, frames_max: int, linger_s: float) -> None:
        self._channel = channel
        self._frames_max = frames_max
        self._linger_s = linger_s
        self._queue: deque[Frame | None] = deque()
        self._end: End | None = None
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()

    def offer(self, frame: Frame | None) -> None:
        """Queue a frame, None for a heartbeat; one too many drops them all and ends the stream with RESYNC."""
        if self._end is not None:
            return
        if len(self._queue) < self._frames_max:
            self._queue.append(frame)
            self._woken.set()
        else:
            self._queue.clear()
            self.end(End.RESYNC)

    def end(self, why: End) -> None:
        """End the stream behind what is queued; the first reason stands."""
        self._end = self._end or why
        self._woken.set()
        self._ended.set()

    async def overdue(self) -> None:
        """Return when the stream has been over for so long that a client that reads at all would have seen the end."""
        await self._ended.wait()
        await asyncio.sleep(self._linger_s)

    async def bodies(self, after: MapEventId | None, *, known: bool = True) -> AsyncIterator[bytes]:
        """Yield what the client is sent, from behind `after` or from now on; not `known` if its place was no place."""
        place = self._channel.place
        if not known:
            yield resync(place)
        elif after is None:
            yield snapshot(place)
        else:
            place = after
            while missed := await self._missed(place):
                place = missed.id
                yield missed.body
                if missed.closes:
                    return
        while (found := await self._next()) is not End.STOPPED:
            if found is None:
                yield HEARTBEAT
            elif isinstance(found, End):
                yield found.value
                return
            elif found.id > place:
                place = found.id
                yield found.body
                if found.closes:
                    return

    async def _missed(self, after: MapEventId) -> Frame | None:
        """Return what comes next for a client that was away, None when it has it all."""
        try:
            return await self._channel.frame_behind(after)
        except SeatMapUnavailableError:
            return Frame(after, End.UNAVAILABLE.value, closes=True)

    async def _next(self) -> Frame | End | None:
        while not self._queue:
            if self._end is not None:
                return self._end
            self._woken.clear()
            await self._woken.wait()
        return self._queue.popleft()


class _Channel:
    """One plan: its readers, and the task that reads its stream for them."""

    def __init__(self, hub: "SeatMapHub", key: _Key) -> None:
        self.readers: set[MapReader] = set()
        self.place = BEGINNING
        self._hub = hub
        self._key = key
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._run(), name=f"seat map {key[1]}")

    async def ready(self) -> None:
        """Return when the task knows its place; raises SeatMapUnavailableError."""
        await asyncio.wait([self._ready])
        self._ready.result()

    async def frame_behind(self, after: MapEventId) -> Frame | None:
        """Return the next frame behind `after`, None when there is none yet, or a RESYNC where the channel is."""
        found = await self._hub.feed.read(*self._key, after=after, changes_max=_CHANGES_MAX, wait_s=0)
        if isinstance(found, TooFarBehind):
            return Frame(self.place, resync(self.place))
        return frame_of(found)

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
                *self._key, after=self.place, changes_max=_CHANGES_MAX, wait_s=self._hub.wait_s
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
            await asyncio.sleep(self._hub.pause_s)

    def _beat(self, last_at: datetime) -> datetime:
        now = self._hub.clock.now()
        if (now - last_at).total_seconds() < self._hub.heartbeat_s:
            return last_at
        self._offer(None)
        return now

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
    async def reader(self, tenant_id: TenantId, plan_id: PlanId) -> AsyncGenerator[MapReader]:
        """Watch a plan while the block lasts; raises SeatMapUnavailableError, also when too many watch already."""
        if self._stopped or self._readers >= self._readers_max:
            raise SeatMapUnavailableError("No more readers are taken.")
        key = (tenant_id, plan_id)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(self, key)
        reader = MapReader(channel, frames_max=self._frames_max, linger_s=self._linger_s)
        channel.readers.add(reader)
        self._readers += 1
        try:
            await channel.ready()
            yield reader
        finally:
            self._readers -= 1
            channel.readers.discard(reader)
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

"""One reader of a live map: what is queued for it, and what it is sent."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from adapters.http.seat_map_frames import End, Frame, resync, snapshot
from adapters.http.sse import HEARTBEAT
from ports.seat_map import MapEventId, SeatMapUnavailableError, TooFarBehind


class Place(Protocol):
    """Where the plan's stream stands in this process, and what a reader has missed of it."""

    place: MapEventId

    async def frame_behind(self, after: MapEventId) -> Frame | TooFarBehind | None:
        """Return the next frame behind `after`, None when there is none; it was looked for from `place` on or later.

        TooFarBehind when what follows `after` is not all there. Raises SeatMapUnavailableError.
        """
        ...


class MapReader:
    """One client's queue: bounded, so that a slow client costs a bounded amount of memory and nobody waits for it."""

    def __init__(self, channel: Place, *, until: datetime | None, frames_max: int, linger_s: float) -> None:
        self.until = until
        self._channel = channel
        self._frames_max = frames_max
        self._linger_s = linger_s
        self._queue: deque[Frame | None] = deque()
        self._end: End | None = None
        self._woken = asyncio.Event()
        self._patience: asyncio.Timeout | None = None

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
        if self._end is None:
            self._end = why
            self._woken.set()
            self._lose_patience()

    def left(self) -> None:
        """End the stream of a client that has gone: nothing more is for it."""
        self._queue.clear()
        self.end(End.STOPPED)

    @asynccontextmanager
    async def patience(self) -> AsyncGenerator[None]:
        """Raise TimeoutError in the block when a client that reads at all would have seen the end long ago."""
        async with asyncio.timeout(None) as limit:
            self._patience = limit
            if self._end is not None:
                self._lose_patience()
            try:
                yield
            finally:
                self._patience = None

    def _lose_patience(self) -> None:
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time() + self._linger_s)

    async def bodies(self, after: MapEventId | None, *, known: bool = True) -> AsyncIterator[bytes]:
        """Yield what the client is sent, from behind `after` or from now on; not `known` if its place was no place.

        What has gathered while the client was not reading comes in one piece.
        """
        place = self._channel.place
        if not known:
            yield resync(place)
        elif after is None:
            yield snapshot(place)
        else:
            up_to, place = place, max(place, after)
            async for missed in self._missed(after, up_to=up_to):
                place = missed.id
                yield missed.body
                if missed.closes:
                    return
        while isinstance(found := await self._taken(), list):
            new = [frame for frame in found if frame is not None and frame.id > place]
            if new:
                place = new[-1].id
                yield b"".join(frame.body for frame in new)
                if new[-1].closes:
                    return
            elif None in found:
                yield HEARTBEAT
        if found is not End.STOPPED:
            yield found.value

    async def _missed(self, after: MapEventId, *, up_to: MapEventId) -> AsyncIterator[Frame]:
        """Yield what a client that was away has missed, as far as the channel had come when the client joined it."""
        place = after
        while True:
            try:
                frame = await self._channel.frame_behind(place)
            except SeatMapUnavailableError:
                yield Frame(place, End.UNAVAILABLE.value, closes=True)
                return
            if isinstance(frame, Frame):
                place = frame.id
                yield frame
            elif frame is None and place >= up_to:
                return
            else:
                # Lost, or not there although the channel has been further: the map has it, the queue what follows.
                there = self._channel.place
                yield Frame(there, resync(there))
                return

    async def _taken(self) -> list[Frame | None] | End:
        """Return what is queued, or else why there is no more."""
        while not self._queue:
            if self._end is not None:
                return self._end
            self._woken.clear()
            await self._woken.wait()
        taken = list(self._queue)
        self._queue.clear()
        return taken

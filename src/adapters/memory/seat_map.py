"""The live map's stream in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import override

from core.shared.ids import PlanId, TenantId
from ports.seat_map import (
    BEGINNING,
    MapChange,
    MapEntry,
    MapEventId,
    SeatMapFeed,
    SeatMapUnavailableError,
    TooFarBehind,
)

type _Key = tuple[TenantId, PlanId]


@dataclass(slots=True)
class _Stream:
    entries: list[MapEntry] = field(default_factory=list[MapEntry])
    base: MapEventId | None = BEGINNING
    """The place before the first entry, unless what stood there was cut away."""
    last: MapEventId = BEGINNING
    grown: asyncio.Event = field(default_factory=asyncio.Event)


class MemorySeatMapFeed(SeatMapFeed):
    """Keeps the newest `entries_max` changes of each plan; while `away` is set it cannot be reached."""

    def __init__(self, *, entries_max: int = 10_000) -> None:
        self.away = False
        self._entries_max = entries_max
        self._streams: dict[_Key, _Stream] = {}
        self._torn: set[_Key] = set()

    @override
    async def append(self, tenant_id: TenantId, plan_id: PlanId, change: MapChange) -> MapEventId:
        stream = self._mended((tenant_id, plan_id))
        stream.last = MapEventId(stream.last.time_ms + 1, 0)
        stream.entries.append(MapEntry(stream.last, change))
        if len(stream.entries) > self._entries_max:
            del stream.entries[0]
            stream.base = None
        _wake(stream)
        return stream.last

    @override
    async def begin_anew(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        stream = self._mended((tenant_id, plan_id))
        _tear(stream)
        return stream.last

    def _mended(self, key: _Key) -> _Stream:
        """Return a stream to write to, with every gap marked."""
        if self.away:
            self._torn.add(key)
        self._must_be_here()
        for torn in self._torn:
            _tear(self._stream(torn))
        self._torn.clear()
        return self._stream(key)

    @override
    async def last_id(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        self._must_be_here()
        return self._stream((tenant_id, plan_id)).last

    @override
    async def read(
        self, tenant_id: TenantId, plan_id: PlanId, *, after: MapEventId, changes_max: int, wait_s: float
    ) -> Sequence[MapEntry] | TooFarBehind:
        stream = self._stream((tenant_id, plan_id))
        self._must_be_here()
        if not self._found(stream, after) and wait_s > 0:
            try:
                async with asyncio.timeout(wait_s):
                    await stream.grown.wait()
            except TimeoutError:
                pass
            self._must_be_here()
        found = self._found(stream, after)
        return found if isinstance(found, TooFarBehind) else found[:changes_max]

    @staticmethod
    def _found(stream: _Stream, after: MapEventId) -> Sequence[MapEntry] | TooFarBehind:
        if after != stream.base and after not in {entry.id for entry in stream.entries}:
            return TooFarBehind()
        return [entry for entry in stream.entries if entry.id > after]

    def _stream(self, key: _Key) -> _Stream:
        return self._streams.setdefault(key, _Stream())

    def _must_be_here(self) -> None:
        if self.away:
            raise SeatMapUnavailableError("The stream is away.")


def _tear(stream: _Stream) -> None:
    """Let nobody go on from a place before this one."""
    stream.last = stream.base = MapEventId(stream.last.time_ms + 1, 0)
    stream.entries.clear()
    _wake(stream)


def _wake(stream: _Stream) -> None:
    stream.grown.set()
    stream.grown = asyncio.Event()

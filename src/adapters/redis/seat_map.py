"""The live map's stream in Redis: one stream a plan, cut to its newest entries, gone a day after the last of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast, override
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from core.shared.ids import PlanId, SeatId, TenantId
from ports.seat_map import (
    BEGINNING,
    MapChange,
    MapEntry,
    MapEventId,
    PlanClosed,
    SeatMapFeed,
    SeatMapUnavailableError,
    SeatsChanged,
    TooFarBehind,
)

KEEP_S = 24 * 60 * 60

type _Fields = dict[str, str]
type _Rows = Sequence[tuple[str, _Fields]]

_GAP: _Fields = {"kind": "gap"}


class RedisSeatMapFeed(SeatMapFeed):
    """The streams under one prefix; the braces keep a plan on one node of a cluster.

    `waiting` is a client of its own for the reads that wait: one connection for each, and an answer that may take
    `wait_s`. The gaps that are still to be marked are remembered by this object, so a process that dies between an
    outage and its next write leaves its gap unmarked; a new snapshot mends that.

    After a failed write nothing is written for `rest_s`: that raises at once, so that the events of seats do not wait
    one after the other for a Redis that hangs.
    """

    def __init__(
        self,
        client: Redis,
        waiting: Redis,
        *,
        prefix: str = "fairseat:seatmap",
        entries_max: int = 10_000,
        rest_s: float = REST_S,
    ) -> None:
        self._client = client
        self._waiting = waiting
        self._prefix = prefix
        self._entries_max = entries_max
        self._torn: set[str] = set()
        self._rest = Rest(rest_s)

    @override
    async def append(self, tenant_id: TenantId, plan_id: PlanId, change: MapChange) -> MapEventId:
        return await self._write(self._key(tenant_id, plan_id), _fields_of(change))

    @override
    async def begin_anew(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        return await self._write(self._key(tenant_id, plan_id), _GAP)

    async def _write(self, key: str, fields: _Fields) -> MapEventId:
        if self._rest:
            self._torn.add(key)
            raise SeatMapUnavailableError("Redis failed a moment ago, and is left alone until it may have recovered.")
        try:
            with _errors_translated():
                for torn in tuple(self._torn):
                    await self._add(torn, _GAP)
                    self._torn.discard(torn)
                return await self._add(key, fields)
        except BaseException as error:
            self._torn.add(key)
            if isinstance(error, SeatMapUnavailableError):
                self._rest.begin()
            raise

    async def _add(self, key: str, fields: _Fields) -> MapEventId:
        async with self._client.pipeline(transaction=True) as commands:
            commands.xadd(key, cast("dict[Any, Any]", fields), maxlen=self._entries_max, approximate=True)
            commands.expire(key, KEEP_S)
            answers = cast("list[str]", await commands.execute())
        return _id_of(answers[0])

    @override
    async def last_id(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        with _errors_translated():
            rows = cast("_Rows", await self._client.xrevrange(self._key(tenant_id, plan_id), count=1))
            return _id_of(rows[0][0]) if rows else BEGINNING

    @override
    async def read(
        self, tenant_id: TenantId, plan_id: PlanId, *, after: MapEventId, changes_max: int, wait_s: float
    ) -> Sequence[MapEntry] | TooFarBehind:
        key, place = self._key(tenant_id, plan_id), str(after)
        with _errors_translated():
            async with self._client.pipeline(transaction=True) as commands:
                commands.xrange(key, min=place, max=place)
                commands.xrange(key, min=f"({place}", count=changes_max)
                standing, rows = cast("list[_Rows]", await commands.execute())
            if not standing and not (after == BEGINNING and await self._is_whole(key)):
                return TooFarBehind()
            if not rows and wait_s > 0:
                rows = await self._wait(key, place, changes_max, wait_s)
            entries: list[MapEntry] = []
            for name, fields in rows:
                if fields == _GAP:
                    return TooFarBehind()
                entries.append(MapEntry(_id_of(name), _change_of(fields)))
            return entries

    async def _wait(self, key: str, place: str, changes_max: int, wait_s: float) -> _Rows:
        answer: object = await self._waiting.xread({key: place}, count=changes_max, block=max(1, int(wait_s * 1000)))
        if not answer:
            return ()
        # One stream was asked for; the protocol's version decides whether it comes in a list or in a mapping.
        if isinstance(answer, dict):
            (batches,) = cast("dict[str, list[_Rows]]", answer).values()
            return [row for batch in batches for row in batch]
        ((_, rows),) = cast("list[tuple[str, _Rows]]", answer)
        return rows

    async def _is_whole(self, key: str) -> bool:
        """Tell whether nothing was ever cut from the stream; one that is not there yet is whole."""
        try:
            facts = cast("dict[str, int]", await self._client.xinfo_stream(key))
        except ResponseError:
            return True
        return facts["entries-added"] == facts["length"]

    def _key(self, tenant_id: TenantId, plan_id: PlanId) -> str:
        return f"{self._prefix}:{{{tenant_id}:{plan_id}}}"


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except (*REDIS_FAILURES, msgspec.MsgspecError) as error:
        raise SeatMapUnavailableError(f"Redis: {type(error).__name__}: {error}") from error


def _fields_of(change: MapChange) -> _Fields:
    match change:
        case SeatsChanged(statuses=statuses):
            return {"kind": "seats", "seats": msgspec.json.encode({str(id): statuses[id] for id in statuses}).decode()}
        case PlanClosed():
            return {"kind": "closed"}


def _change_of(fields: _Fields) -> MapChange:
    if fields["kind"] == "closed":
        return PlanClosed()
    statuses = msgspec.json.decode(fields["seats"], type=dict[UUID, str])
    return SeatsChanged({SeatId(id): status for id, status in statuses.items()})


def _id_of(text: str) -> MapEventId:
    found = MapEventId.parse(text)
    if found is None:
        raise ValueError(f"{text!r} is no id of an event")
    return found

"""How far a provider's list of events has been read, on PostgreSQL."""

from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated
from core.webhooks.reading import Reading, begin, is_due, lease
from ports.webhooks import EventReadings

_COLUMNS = "source, since, newest, after, read_at, due_at"
_STORE = "update event_readings set since = $2, newest = $3, after = $4, read_at = $5, due_at = $6 where source = $1"


class PostgresEventReadings(EventReadings):
    """One row a source, as the relay role; the core says how it looks at first, and when it was leased."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def take(self, source: str, *, now: datetime, lease_s: float) -> Reading | None:
        async with driver_errors_translated(), self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"insert into event_readings ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",  # noqa: S608 - our own names
                *_stored(begin(source, now=now)),
            )
            row = await connection.fetchrow(
                f"select {_COLUMNS} from event_readings where source = $1 for update skip locked",  # noqa: S608 - as above
                source,
            )
            if row is None or not is_due(_reading(row), now=now):
                return None
            leased = lease(_reading(row), now=now, lease_s=lease_s)
            await connection.execute(_STORE, *_stored(leased))
        return leased

    @override
    async def save(self, reading: Reading) -> None:
        async with driver_errors_translated():
            await self._pool.execute(_STORE, *_stored(reading))

    @override
    async def read_at(self, source: str) -> datetime | None:
        async with driver_errors_translated():
            found: datetime | None = await self._pool.fetchval(
                "select read_at from event_readings where source = $1", source
            )
        return found


def _stored(reading: Reading) -> tuple[object, ...]:
    return (reading.source, reading.since, reading.newest, reading.after, reading.read_at, reading.due_at)


def _reading(row: asyncpg.Record) -> Reading:
    return Reading(
        source=row["source"],
        since=row["since"],
        newest=row["newest"],
        after=row["after"],
        read_at=row["read_at"],
        due_at=row["due_at"],
    )

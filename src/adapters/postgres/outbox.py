"""The outbox on PostgreSQL: rows written with the change, drained by the relay's own role."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.system.work_context import current_traceparent
from ports.events import Envelope, Event, Outbox, OutboxDepth, OutboxQueue
from ports.ids import IdSource

_ERROR_LENGTH_MAX = 500


class PostgresOutbox(Outbox):
    """The events of one open transaction."""

    def __init__(self, connection: Connection, *, tenant_id: UUID | None, ids: IdSource) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._ids = ids

    @override
    async def add(self, event: Event, *, subject: UUID, at: datetime) -> None:
        await self._connection.execute(
            """
            insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at, traceparent)
            values ($1, $2, $3, $4, $5::text::json, $6, $7)
            """,
            self._ids.new(),
            self._tenant_id,
            subject,
            event.event_type,
            msgspec.json.encode(event).decode(),
            at,
            current_traceparent(),
        )


class PostgresOutboxQueue(OutboxQueue):
    """The relay's view, through the relay role, which sees the outbox of every tenant and nothing else."""

    def __init__(self, pool: Pool, *, source: str) -> None:
        self._pool = pool
        self._source = source

    @override
    async def claim(self, *, now: datetime, events_max: int, lease_s: float) -> Sequence[Envelope]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                """
                update outbox set leased_until = $1::timestamptz + $3::interval
                where id in (
                    select id from outbox
                    where published_at is null and dead_at is null
                      and coalesce(retry_at, created_at) <= $1 and coalesce(leased_until, $1) <= $1
                    order by id limit $2 for update skip locked
                )
                returning id, tenant_id, aggregate_id, event_type, payload::text as payload, created_at,
                    traceparent
                """,
                now,
                events_max,
                timedelta(seconds=lease_s),
            )
        return [
            Envelope(
                id=row["id"],
                type=row["event_type"],
                source=self._source,
                subject=str(row["aggregate_id"]),
                time=row["created_at"],
                tenantid=row["tenant_id"],
                data=msgspec.Raw(row["payload"].encode()),
                traceparent=row["traceparent"],
            )
            for row in sorted(rows, key=lambda row: row["id"])
        ]

    @override
    async def mark_published(self, ids: Sequence[UUID], *, at: datetime) -> None:
        async with driver_errors_translated():
            await self._pool.execute(
                "update outbox set published_at = $2, leased_until = null where id = any($1::uuid[])", list(ids), at
            )

    @override
    async def mark_failed(self, event_id: UUID, *, error: str, retry_at: datetime | None) -> None:
        async with driver_errors_translated():
            await self._pool.execute(
                """
                update outbox set attempts = attempts + 1, last_error = $2, retry_at = $3, leased_until = null,
                       dead_at = case when $3::timestamptz is null then now() end
                where id = $1 and published_at is null
                """,
                event_id,
                error[:_ERROR_LENGTH_MAX],
                retry_at,
            )

    @override
    async def revive(self, event_id: UUID, *, now: datetime) -> bool:
        async with driver_errors_translated():
            status = await self._pool.execute(
                "update outbox set dead_at = null, attempts = 0, retry_at = $2 where id = $1 and dead_at is not null",
                event_id,
                now,
            )
        return rows_touched(status) == 1

    @override
    async def release(self, ids: Sequence[UUID]) -> None:
        async with driver_errors_translated():
            await self._pool.execute("update outbox set leased_until = null where id = any($1::uuid[])", list(ids))

    @override
    async def attempts(self, event_id: UUID) -> int:
        async with driver_errors_translated():
            count = await self._pool.fetchval("select attempts from outbox where id = $1", event_id)
        return int(count or 0)

    @override
    async def depth(self, *, now: datetime) -> OutboxDepth:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where dead_at is null) as waiting,
                       count(*) filter (where dead_at is not null) as dead,
                       coalesce(extract(epoch from $1 - min(created_at) filter (where dead_at is null)), 0)::float8
                           as age
                from outbox where published_at is null
                """,
                now,
            )
        assert row is not None, "an aggregate always gives a row"
        return OutboxDepth(waiting=row["waiting"], dead=row["dead"], oldest_age_s=max(row["age"], 0.0))

    @override
    async def prune(self, *, published_before: datetime, events_max: int) -> int:
        async with driver_errors_translated():
            status = await self._pool.execute(
                """
                delete from outbox where id in (
                    select id from outbox where published_at < $1 order by id limit $2 for update skip locked
                )
                """,
                published_before,
                events_max,
            )
        return rows_touched(status)

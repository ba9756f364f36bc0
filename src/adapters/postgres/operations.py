"""Operations on PostgreSQL."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID

import asyncpg

from adapters.postgres.operation_rows import changing, line_of, operation_of, text_of
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import savepoint, tenant_transaction
from core.operations.errors import OperationBusyError, OperationNotFoundError
from core.operations.log import LogLine
from core.operations.operation import LEASE, Noted, Operation
from core.shared.ids import OperationId, TenantId, VenueId
from ports.events import Outbox
from ports.ids import IdSource
from ports.operations import (
    DueOperation,
    DueOperations,
    OperationBacklog,
    OperationQuery,
    OperationStore,
    OperationTransaction,
    OperationTransactions,
)
from ports.paging import Page, PageRequest
from ports.stores import StoreUnavailableError

_COLUMNS = """
id, venue_id, type, status, params::text as params, steps, current_step, checkpoint_data::text as checkpoint_data,
cursor::text as cursor, done, total, base_done, base_at, progress_at, ending, cancel_requested_at, lease_owner,
lease_until, tries, next_try_at, error, started_by, version, created_at, updated_at, finished_at
"""
_FROM = "from venue_operations where tenant_id = $1"
_SELECT = f"select {_COLUMNS} {_FROM}"
_ADD = """
insert into venue_operations (tenant_id, id, status, current_step, checkpoint_data, cursor, done, total, base_done,
    base_at, progress_at, ending, cancel_requested_at, lease_owner, lease_until, tries, next_try_at, error, version,
    updated_at, finished_at, venue_id, type, params, steps, started_by, created_at)
values ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24::text::jsonb, $25, $26, $27)
on conflict (tenant_id, venue_id, type) where status in ('pending', 'in_progress') do nothing
"""
_SAVE = """
update venue_operations
   set status = $3, current_step = $4, checkpoint_data = $5::text::jsonb, cursor = $6::text::jsonb, done = $7,
       total = $8, base_done = $9, base_at = $10, progress_at = $11, ending = $12, cancel_requested_at = $13,
       lease_owner = $14, lease_until = $15, tries = $16, next_try_at = $17, error = $18, version = $19,
       updated_at = $20, finished_at = $21
 where tenant_id = $1 and id = $2
"""
_SAVE_AS = f"{_SAVE} and status = 'in_progress' and lease_owner = $22"
_NOTED = """
update venue_operations
   set done = greatest(done, $5), total = $6, cursor = $7::text::jsonb, progress_at = $4,
       tries = case when $5 > done then 0 else tries end, lease_until = $8, updated_at = $4, version = version + 1
 where tenant_id = $1 and id = $2 and status = 'in_progress' and lease_owner = $3
"""
_NOTE = f"{_NOTED} returning {_COLUMNS}"
_RENEW = """
update venue_operations set lease_until = $4
where tenant_id = $1 and id = $2 and status = 'in_progress' and lease_owner = $3
"""
_LIVE = """
select id from venue_operations
where tenant_id = $1 and venue_id = $2 and type = $3 and status in ('pending', 'in_progress')
"""
_PAGE = f"""
{_SELECT} and venue_id = $2 and ($3::text is null or type = $3) and ($4::text is null or status = $4)
      and ($5::uuid is null or id > $5) order by id limit $6
"""
_LOG = """
insert into venue_operation_log (tenant_id, id, operation_id, what, at, account_id, step, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LINES = """
select id, operation_id, what, at, account_id, step, detail from venue_operation_log
where tenant_id = $1 and operation_id = $2 and ($3::uuid is null or id > $3) order by id limit $4
"""
_FREE = """
select tenant_id, id from venue_operations
where status in ('pending', 'in_progress') and (lease_until is null or lease_until <= $1)
  and (next_try_at is null or next_try_at <= $1)
order by updated_at, tenant_id, id limit $2
"""
_BACKLOG = """
select count(*) filter (where status = 'pending') as pending,
       count(*) filter (where status = 'in_progress') as in_progress,
       coalesce(sum(done), 0)::bigint as done, coalesce(sum(greatest(total, done)), 0)::bigint as total,
       coalesce(extract(epoch from $1 - min(coalesce(next_try_at, lease_until, updated_at)) filter (
           where coalesce(lease_until, $1) <= $1 and coalesce(next_try_at, $1) <= $1)), 0)::float8 as untouched
from venue_operations where status in ('pending', 'in_progress')
"""
_TRIES_MAX = 3


class PostgresOperationStore(OperationStore):
    """The operations of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, operation: Operation) -> None:
        for _ in range(_TRIES_MAX):  # the one that is in the way may end before it is looked at
            status = await self._connection.execute(
                _ADD,
                *(self._tenant_id, operation.id, *changing(operation), operation.venue_id, operation.type),
                *(text_of(operation.params), list(operation.steps), operation.started_by, operation.created_at),
            )
            if rows_touched(status) == 1:
                return
            other = await self._live(operation.venue_id, operation.type)
            if other is not None:
                raise OperationBusyError(other)
        raise StoreUnavailableError("Operations of the same type begin and end at this moment.")

    @override
    async def get(self, operation_id: OperationId) -> Operation:
        return self._there(await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, operation_id))

    @override
    async def locked(self, operation_id: OperationId) -> Operation:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2 for update", self._tenant_id, operation_id)
        return self._there(row)

    @override
    async def save(self, operation: Operation) -> None:
        try:
            async with savepoint(self._connection):
                await self._connection.execute(_SAVE, self._tenant_id, operation.id, *changing(operation))
        except asyncpg.UniqueViolationError:
            other = await self._live(operation.venue_id, operation.type)
            if other is None:
                raise StoreUnavailableError("Operations of the same type begin and end at this moment.") from None
            raise OperationBusyError(other) from None

    @override
    async def save_as(self, owner: UUID, operation: Operation) -> bool:
        status = await self._connection.execute(_SAVE_AS, self._tenant_id, operation.id, *changing(operation), owner)
        return rows_touched(status) == 1

    @override
    async def note(self, operation_id: OperationId, noted: Noted, *, owner: UUID, now: datetime) -> Operation | None:
        row = await self._connection.fetchrow(
            _NOTE,
            *(self._tenant_id, operation_id, owner, now, noted.done, noted.total),
            *(text_of(noted.cursor) if noted.cursor is not None else None, now + LEASE),
        )
        return operation_of(row) if row is not None else None

    @override
    async def renew(self, operation_id: OperationId, *, owner: UUID, now: datetime) -> bool:
        status = await self._connection.execute(_RENEW, self._tenant_id, operation_id, owner, now + LEASE)
        return rows_touched(status) == 1

    @override
    async def page(self, page: PageRequest, query: OperationQuery) -> Page[Operation]:
        rows = await self._connection.fetch(
            _PAGE,
            *(self._tenant_id, query.venue_id, query.type),
            *(query.status.value if query.status is not None else None, page.after, page.limit + 1),
        )
        items = tuple(operation_of(row) for row in rows[: page.limit])
        return Page(items, items[-1].id if len(rows) > page.limit else None)

    @override
    async def log(self, line: LogLine) -> None:
        await self._connection.execute(
            _LOG,
            *(self._tenant_id, line.id, line.operation_id, line.what.value, line.at),
            *(line.account_id, line.step, line.detail),
        )

    @override
    async def lines(self, operation_id: OperationId, page: PageRequest) -> Page[LogLine]:
        rows = await self._connection.fetch(_LINES, self._tenant_id, operation_id, page.after, page.limit + 1)
        items = tuple(line_of(row) for row in rows[: page.limit])
        return Page(items, items[-1].id if len(rows) > page.limit else None)

    async def _live(self, venue_id: VenueId, type: str) -> OperationId | None:
        found = await self._connection.fetchval(_LIVE, self._tenant_id, venue_id, type)
        return OperationId(found) if found is not None else None

    @staticmethod
    def _there(row: asyncpg.Record | None) -> Operation:
        if row is None:
            raise OperationNotFoundError
        return operation_of(row)


@dataclass(frozen=True, slots=True)
class _Transaction:
    operations: OperationStore
    outbox: Outbox


class PostgresOperationTransactions(OperationTransactions):
    """Transactions on venue_db, as the app role."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[OperationTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield _Transaction(
                PostgresOperationStore(connection, tenant_id),
                PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
            )


class PostgresDueOperations(DueOperations):
    """The worker's view, through the relay role."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def free(self, *, now: datetime, operations_max: int) -> Sequence[DueOperation]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(_FREE, now, operations_max)
        return [DueOperation(TenantId(row["tenant_id"]), OperationId(row["id"])) for row in rows]

    @override
    async def backlog(self, *, now: datetime) -> OperationBacklog:
        async with driver_errors_translated():
            row = await self._relay.fetchrow(_BACKLOG, now)
        assert row is not None, "an aggregate always gives a row"
        return OperationBacklog(
            row["pending"], row["in_progress"], row["done"], row["total"], max(row["untouched"], 0.0)
        )

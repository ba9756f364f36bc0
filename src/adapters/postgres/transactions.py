"""Transactions of one tenant on an asyncpg pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from adapters.postgres.pool import Connection, Pool, driver_errors_translated


@asynccontextmanager
async def tenant_transaction(pool: Pool, tenant_id: UUID | None) -> AsyncIterator[Connection]:
    """Commit when the block ends, roll back when it raises; row-level security shows this tenant's rows only.

    None sees no tenant's rows: it is for the few tables that belong to no tenant. The setting is made for the
    transaction (`is_local`), so that it can never leak to the next user of the connection.
    """
    async with driver_errors_translated(), pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "select set_config('app.tenant_id', $1, true)", str(tenant_id) if tenant_id is not None else ""
        )
        yield connection

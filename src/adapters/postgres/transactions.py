"""Transactions of one tenant on an asyncpg pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from adapters.postgres.pool import Connection, Pool, driver_errors_translated


@asynccontextmanager
async def tenant_transaction(pool: Pool, tenant_id: UUID | None) -> AsyncIterator[Connection]:
    """Commit when the block ends, roll back when it raises; row-level security shows this tenant's rows only.

    None sees no tenant's rows: it is for the few tables that belong to no tenant. The setting is made for the
    transaction (`set local`), so that it can never leak to the next user of the connection.
    """
    tenant = UUID(int=tenant_id.int) if tenant_id is not None else ""
    async with driver_errors_translated(), pool.acquire() as connection:
        try:
            # Begun and set in one round trip, which the driver's own transactions cannot do; a UUID has no quotes.
            await connection.execute(f"begin; set local app.tenant_id = '{tenant}'")
            yield connection
        except BaseException:
            # Where even this is cut off, the pool rolls back before anybody else gets the connection.
            await connection.execute("rollback")
            raise
        await connection.execute("commit")


@asynccontextmanager
async def person_transaction(pool: Pool, account_id: UUID, *, email: str | None = None) -> AsyncIterator[Connection]:
    """Commit when the block ends, roll back when it raises; row-level security shows this account's rows only.

    No tenant is set, so rows that belong to tenants are seen where a policy of theirs names the person, and only there:
    by the account, or by the e-mail address, which is in lower case.
    """
    person = UUID(int=account_id.int)
    async with driver_errors_translated(), pool.acquire() as connection:
        try:
            # As above; the tenant is emptied because a setting of the role or the database could name one.
            await connection.execute(f"begin; set local app.tenant_id = ''; set local app.account_id = '{person}'")
            await connection.execute("select set_config('app.person_email', $1, true)", email or "")
            yield connection
        except BaseException:
            await connection.execute("rollback")
            raise
        await connection.execute("commit")


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncIterator[None]:
    """Undo what the block did when it raises, and nothing else of the tenant's transaction around it."""
    await connection.execute("savepoint inner_block")
    try:
        yield
    except BaseException:
        await connection.execute("rollback to savepoint inner_block")
        raise
    await connection.execute("release savepoint inner_block")

"""Acting as a role of a database, and being refused."""

from uuid import UUID

import asyncpg
import pytest

type Connection = asyncpg.Connection[asyncpg.Record]


async def act(connection: Connection, *, tenant: UUID | None = None, account: UUID | None = None) -> None:
    """Stand for this tenant and account until the transaction ends."""
    await connection.execute(
        "select set_config('app.tenant_id', $1, true), set_config('app.account_id', $2, true)",
        str(tenant or ""),
        str(account or ""),
    )


async def refused(connection: Connection, statement: str, *arguments: object) -> None:
    """Check that the role may not do this; the transaction that is open goes on."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with connection.transaction():
            await connection.execute(statement, *arguments)

"""Connections to one database, as a role that row-level security binds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from ports.stores import StoreUnavailableError

type Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
type Pool = asyncpg.Pool[asyncpg.Record]

_UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection says that breaks between two of its messages
    ConnectionError,
    TimeoutError,
)


class UnsafeRoleError(Exception):
    """The database role would not be bound by row-level security, so the service refuses to start with it."""


def rows_touched(command_tag: str) -> int:
    """Return how many rows a statement wrote, as PostgreSQL ends it: `INSERT 0 1`, `UPDATE 2`, `DELETE 3`."""
    return int(command_tag.rpartition(" ")[2])


@asynccontextmanager
async def driver_errors_translated() -> AsyncIterator[None]:
    """Turn what the driver raises when the server is away, or when it breaks a deadlock, into StoreUnavailableError."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise StoreUnavailableError(f"PostgreSQL: {type(error).__name__}: {error}") from error


async def refuse_unsafe_role(connection: Connection) -> None:
    """Raise UnsafeRoleError for a superuser, a role with BYPASSRLS, or one that owns tables here."""
    row = await connection.fetchrow(
        """
        select rolname, rolsuper or rolbypassrls as bypasses,
               exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p')) as owns
        from pg_roles r where rolname = current_user
        """
    )
    if row is None or row["bypasses"] or row["owns"]:
        name = row["rolname"] if row else "?"
        raise UnsafeRoleError(
            f"The role {name!r} is a superuser, bypasses row-level security, or owns tables: tenants would not be "
            "kept apart. Use the app role that `fairseat migrate` makes."
        )


async def _keep(_: Connection) -> None:
    """Leave a connection as it is: all that we set ends with its transaction, and a reset costs a round trip."""


async def open_pool(url: str, *, connections_max: int, statement_timeout_s: float = 30.0) -> Pool:
    """Open a pool; raises UnsafeRoleError, and StoreUnavailableError when the server cannot be reached."""
    async with driver_errors_translated():
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections_max,
            command_timeout=statement_timeout_s,
            timeout=10.0,
            reset=_keep,
            server_settings={"application_name": "fairseat", "timezone": "UTC"},
        )
        try:
            async with pool.acquire() as connection:
                await refuse_unsafe_role(connection)
        except BaseException:
            await pool.close()
            raise
    return pool

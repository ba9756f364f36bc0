"""Transactions of one tenant on a SQLAlchemy engine, for the stores that Advanced Alchemy serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from adapters.postgres.pool import Connection, driver_errors_translated, refuse_unsafe_role
from ports.stores import StoreUnavailableError


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session inside its transaction, and the driver's own connection under it (for the outbox and inbox)."""

    orm: AsyncSession
    connection: Connection


def create_engine(url: str, *, connections_max: int, pool_timeout_s: float = 10.0) -> AsyncEngine:
    """Make an engine from a `postgresql://` URL; nothing is connected yet."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=pool_timeout_s,
        pool_pre_ping=True,
        hide_parameters=True,  # an error that is logged must not quote a row
        connect_args={
            "timeout": 10.0,
            "command_timeout": 30.0,
            "server_settings": {"application_name": "fairseat", "timezone": "UTC"},
        },
    )


@asynccontextmanager
async def tenant_session(
    engine: AsyncEngine, tenant_id: UUID | None, *, account_id: UUID | None = None
) -> AsyncIterator[OpenSession]:
    """Commit when the block ends, roll back when it raises; row-level security shows this tenant's rows only.

    `account_id` sets `app.account_id`, which a few policies read (a person sees their own memberships anywhere).
    """
    try:
        async with (
            driver_errors_translated(),
            AsyncSession(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            await session.execute(
                select(
                    func.set_config("app.tenant_id", str(tenant_id) if tenant_id else "", True),
                    func.set_config("app.account_id", str(account_id) if account_id else "", True),
                )
            )
            raw = await (await session.connection()).get_raw_connection()
            yield OpenSession(session, cast("asyncpg.Connection[asyncpg.Record]", raw.driver_connection))
    except DBAPIError as error:
        if error.connection_invalidated or _is_passing(error):
            raise StoreUnavailableError(f"PostgreSQL: {error.orig}") from error
        raise
    except PoolTimeoutError as error:
        raise StoreUnavailableError("PostgreSQL: no connection became free in time.") from error


async def check_engine(engine: AsyncEngine) -> None:
    """Connect once; raises UnsafeRoleError, and StoreUnavailableError when the server cannot be reached."""
    async with tenant_session(engine, None) as session:
        await refuse_unsafe_role(session.connection)


def _is_passing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    return state[:2] in {"08", "40", "53", "57"}

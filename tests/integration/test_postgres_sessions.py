"""What a session makes of a pool that has no connection left."""

import asyncio
from uuid import uuid4

import pytest

from adapters.postgres.sessions import create_engine, tenant_session
from ports.stores import StoreUnavailableError
from tests.servers import PostgresServer


async def test_a_pool_without_a_free_connection_is_unavailable_and_not_a_fault(postgres: PostgresServer) -> None:
    database = await postgres.fresh("venue_db")
    engine = create_engine(database.app_url, connections_max=1, pool_timeout_s=0.05)
    done = asyncio.Event()

    async def occupy(began: asyncio.Event) -> None:
        async with tenant_session(engine, uuid4()):
            began.set()
            await done.wait()

    began = asyncio.Event()
    occupying = asyncio.create_task(occupy(began))
    await began.wait()
    with pytest.raises(StoreUnavailableError, match="no connection became free"):
        async with tenant_session(engine, uuid4()):
            pytest.fail("there was a connection after all")
    done.set()
    await occupying
    async with tenant_session(engine, uuid4()) as session:
        assert await session.connection.fetchval("select 1") == 1
    await engine.dispose()

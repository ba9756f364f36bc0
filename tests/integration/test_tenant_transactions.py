"""Transactions of a tenant on PostgreSQL, when they end in good order and when they do not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.transactions import savepoint, tenant_transaction
from ports.stores import StoreUnavailableError
from tests.servers import PostgresServer

OURS, THEIRS = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
async def pool(postgres: PostgresServer) -> AsyncIterator[Pool]:
    """One connection, so that whoever comes next has that of whoever was before."""
    pool = await open_pool((await postgres.fresh("venue_db")).app_url, connections_max=1)
    yield pool
    await pool.close()


async def setting(pool: Pool) -> str:
    return str(await pool.fetchval("select coalesce(current_setting('app.tenant_id', true), '')"))


async def accepted(pool: Pool, tenant_id: UUID | None, event_id: UUID) -> bool:
    async with tenant_transaction(pool, tenant_id) as connection:
        inbox = PostgresInbox(connection, tenant_id=tenant_id)
        return await inbox.accept(event_id, consumer="tests.accept", at=NOON)


@pytest.mark.parametrize("tenant_id", [OURS, THEIRS, None])
async def test_the_tenant_is_set_within_the_transaction_and_never_after_it(pool: Pool, tenant_id: UUID | None) -> None:
    async with tenant_transaction(pool, tenant_id) as connection:
        assert await connection.fetchval("select current_setting('app.tenant_id')") == str(tenant_id or "")
    assert await setting(pool) == ""


async def test_what_a_block_did_is_there_when_it_ends_and_gone_when_it_raises(pool: Pool) -> None:
    event_id = uuid4()
    with pytest.raises(ZeroDivisionError):
        async with tenant_transaction(pool, OURS) as connection:
            assert await PostgresInbox(connection, tenant_id=OURS).accept(event_id, consumer="tests.accept", at=NOON)
            raise ZeroDivisionError
    assert await setting(pool) == ""
    assert await accepted(pool, OURS, event_id)
    assert not await accepted(pool, OURS, event_id)


async def test_a_block_that_is_cancelled_leaves_nothing_behind_for_the_next(pool: Pool) -> None:
    event_id, inside = uuid4(), asyncio.Event()

    async def hang() -> None:
        async with tenant_transaction(pool, OURS) as connection:
            await PostgresInbox(connection, tenant_id=OURS).accept(event_id, consumer="tests.accept", at=NOON)
            inside.set()
            await connection.execute("select pg_sleep(30)")

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await setting(pool) == ""
    assert await accepted(pool, OURS, event_id)


@pytest.mark.parametrize("turns", range(8))
async def test_a_cancellation_at_any_moment_leaves_no_transaction_open(pool: Pool, turns: int) -> None:
    task = asyncio.create_task(accepted(pool, OURS, uuid4()))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with pool.acquire() as connection:
        assert not connection.is_in_transaction()
    assert await setting(pool) == ""


async def test_a_statement_that_fails_undoes_its_transaction(pool: Pool) -> None:
    event_id = uuid4()
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with tenant_transaction(pool, OURS) as connection:
            await PostgresInbox(connection, tenant_id=OURS).accept(event_id, consumer="tests.accept", at=NOON)
            await connection.execute("select 1 / 0")
    assert await accepted(pool, OURS, event_id)


async def test_a_connection_that_breaks_in_the_middle_is_told_as_a_store_that_is_away(pool: Pool) -> None:
    with pytest.raises(StoreUnavailableError):
        async with tenant_transaction(pool, OURS) as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
    assert await accepted(pool, OURS, uuid4())


async def test_a_savepoint_undoes_its_own_block_only(pool: Pool) -> None:
    kept, undone = uuid4(), uuid4()
    async with tenant_transaction(pool, OURS) as connection:
        inbox = PostgresInbox(connection, tenant_id=OURS)
        assert await inbox.accept(kept, consumer="tests.accept", at=NOON)
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with savepoint(connection):
                assert await inbox.accept(undone, consumer="tests.accept", at=NOON)
                await connection.execute("select 1 / 0")
        async with savepoint(connection):
            assert await inbox.accept(undone, consumer="tests.accept", at=NOON)
    assert not await accepted(pool, OURS, kept)
    assert not await accepted(pool, OURS, undone)

"""The history of every database arrives at what the code expects, goes back, and comes again."""

import asyncio

import pytest

from adapters.postgres.migrator import downgrade, drift, migrate, pending
from tests.servers import DATABASE_KINDS, PostgresServer, connected

every_database = pytest.mark.parametrize("kind", DATABASE_KINDS)


@every_database
async def test_the_migrated_database_is_what_the_metadata_says(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    assert await drift(database) == []
    assert not await pending(database)


@every_database
async def test_a_drifted_database_is_found_out(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        await admin.execute("alter table outbox add column stray int")
    assert await drift(database) != []


@every_database
async def test_up_down_up(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    await downgrade(database)
    async with connected(database.admin_url) as admin:
        left = await admin.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relname <> 'alembic_version'"
            " and relname <> 'alembic_version_pkc'"
            " union all select proname from pg_proc where pronamespace = 'public'::regnamespace"
        )
    assert left == []
    assert await migrate(database) is not None
    assert await drift(database) == []


async def test_migrating_twice_at_once_is_safe(postgres: PostgresServer) -> None:
    database = postgres.named("venue_db_twice", of="venue_db")
    first, second = await asyncio.gather(migrate(database), migrate(database))
    assert first == second is not None

"""Being woken through PostgreSQL as soon as a webhook is stored."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.postgres.alarm import PostgresAlarm
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.webhooks import WEBHOOKS_CHANNEL, PostgresWebhookInbox
from tests.contracts.test_webhook_store import a_webhook
from tests.servers import PostgresServer


class Bell:
    def __init__(self) -> None:
        self.rung = 0

    def ring(self) -> None:
        self.rung += 1

    async def reaches(self, number: int) -> None:
        async with asyncio.timeout(20):
            while self.rung < number:
                await asyncio.sleep(0.005)


@pytest.fixture
async def database(postgres: PostgresServer) -> Database:
    return await postgres.fresh("payment_db")


@pytest.fixture
async def bell(database: Database) -> AsyncIterator[Bell]:
    """Heard for the first time when somebody listens."""
    bell = Bell()
    alarm = PostgresAlarm(database.relay_url, WEBHOOKS_CHANNEL, bell.ring, retry_s=0.01)
    alarm.start()
    await bell.reaches(1)
    yield bell
    await alarm.stop()


async def test_a_webhook_that_is_stored_rings_once_and_one_that_was_there_before_does_not(
    database: Database, bell: Bell
) -> None:
    async with await open_pool(database.app_url, connections_max=1) as app:
        inbox = PostgresWebhookInbox(app)
        assert await inbox.put(a_webhook("evt_1"))
        await bell.reaches(2)
        assert not await inbox.put(a_webhook("evt_1"))
        assert await inbox.put(a_webhook("evt_2"))
        await bell.reaches(3)
    assert bell.rung == 3


async def test_a_connection_that_breaks_is_opened_again_and_rings_for_what_was_missed(
    database: Database, bell: Bell
) -> None:
    admin = await asyncpg.connect(database.admin_url)
    try:
        killed = await admin.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'"
        )
        assert killed == 1
        await bell.reaches(2)
        await admin.execute(f"notify {WEBHOOKS_CHANNEL}")
        await bell.reaches(3)
    finally:
        await admin.close()


async def test_a_server_that_is_away_raises_nothing_and_is_asked_again(database: Database) -> None:
    bell = Bell()
    nowhere = database.relay_url.replace(f"/{database.relay_url.rpartition('/')[2]}", "/no_such_database")
    alarm = PostgresAlarm(nowhere, WEBHOOKS_CHANNEL, bell.ring, retry_s=0.01)
    alarm.start()
    await asyncio.sleep(0.05)
    await alarm.stop()
    assert bell.rung == 0

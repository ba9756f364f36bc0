"""What the record of how far events have been read promises, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.event_readings import MemoryEventReadings
from adapters.postgres.event_readings import PostgresEventReadings
from adapters.postgres.pool import open_pool
from core.webhooks.reading import AHEAD_MAX, begin, end, lease, turn
from ports.webhooks import EventReadings
from tests.database_roles import refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
LEASE_S = 60.0
LATER = NOW + timedelta(seconds=LEASE_S)


@pytest.fixture(params=["memory", "postgres"])
async def readings(request: pytest.FixtureRequest) -> AsyncIterator[EventReadings]:
    if request.param == "memory":
        yield MemoryEventReadings()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with await open_pool(database.relay_url, connections_max=5) as relay:
        yield PostgresEventReadings(relay)


async def test_the_first_one_looks_back_and_is_leased(readings: EventReadings) -> None:
    assert await readings.read_at("stripe") is None
    first = await readings.take("stripe", now=NOW, lease_s=LEASE_S)
    assert first == lease(begin("stripe", now=NOW), now=NOW, lease_s=LEASE_S)
    assert await readings.read_at("stripe") == NOW


async def test_of_many_at_once_one_reads(readings: EventReadings) -> None:
    taken = await asyncio.gather(*(readings.take("stripe", now=NOW, lease_s=LEASE_S) for _ in range(5)))
    assert sum(reading is not None for reading in taken) == 1


async def test_a_dead_reader_is_followed_by_another_once_its_lease_is_over(readings: EventReadings) -> None:
    assert await readings.take("stripe", now=NOW, lease_s=LEASE_S) is not None
    assert await readings.take("stripe", now=LATER - timedelta(microseconds=1), lease_s=LEASE_S) is None
    assert await readings.take("stripe", now=LATER, lease_s=LEASE_S) is not None


async def test_a_pass_goes_on_where_it_stood_and_is_due_again_after_its_interval(readings: EventReadings) -> None:
    first = await readings.take("stripe", now=NOW, lease_s=LEASE_S)
    assert first is not None
    below = lease(turn(first, newest=NOW, last_id="evt_9"), now=NOW, lease_s=0)
    await readings.save(below)
    again = await readings.take("stripe", now=NOW, lease_s=LEASE_S)
    assert again == lease(below, now=NOW, lease_s=LEASE_S)
    ended = end(again, newest=NOW - timedelta(hours=1), now=LATER, interval_s=300)
    await readings.save(ended)
    assert (ended.since, await readings.read_at("stripe")) == (NOW, LATER)
    assert await readings.take("stripe", now=LATER + timedelta(seconds=299), lease_s=LEASE_S) is None
    due_at = LATER + timedelta(seconds=300)
    assert await readings.take("stripe", now=due_at, lease_s=0) == replace(ended, due_at=due_at)


async def test_what_a_clock_that_was_ahead_put_off_is_due(readings: EventReadings) -> None:
    ahead = NOW + AHEAD_MAX
    assert await readings.take("stripe", now=ahead, lease_s=0) is not None
    assert await readings.take("stripe", now=NOW, lease_s=0) is None
    assert await readings.take("stripe", now=NOW - timedelta(microseconds=1), lease_s=0) is not None


async def test_sources_are_read_apart(readings: EventReadings) -> None:
    assert await readings.take("stripe", now=NOW, lease_s=LEASE_S) is not None
    assert await readings.read_at("other") is None
    assert await readings.take("other", now=NOW, lease_s=LEASE_S) is not None


async def test_the_api_role_has_no_part_in_it(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    async with connected(database.app_url) as connection:
        for forbidden in ("select * from event_readings", "update event_readings set after = 'evt_1'"):
            await refused(connection, forbidden)

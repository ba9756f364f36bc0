"""Imported and activated rulebooks: memory and PostgreSQL keep the same promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from adapters.memory.rulebooks import MemoryRulebooks
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.rulebooks import PostgresRulebookKeeper, PostgresRulebookShelf
from core.resale.law.activation import Activation, KeptRulebook, Schedule
from core.shared.errors import StaleVersionError
from ports.resale.rulebooks import RulebookKeeper, RulebookShelf
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
FIRST = KeptRulebook(version="v1", files={"us.toml": "# “é”\n[[rule]]\n"}, imported_by="ada", imported_at=NOW)
SECOND = replace(FIRST, version="v0", files={"b": "2", "a": "1"}, imported_at=NOW + timedelta(seconds=1))

type Kept = tuple[RulebookKeeper, RulebookShelf]


def activation(number: int = 1, **members: object) -> Activation:
    given: dict[str, object] = {
        "number": number,
        "version": "v1",
        "previous_version": "v0",
        "active_from": NOW + timedelta(days=number),
        "activated_by": "ada",
        "activated_at": NOW,
        "reason": "A new act.",
    }
    return Activation(**(given | members))  # type: ignore[arg-type]  # members are named by the tests


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "memory":
        memory = MemoryRulebooks()
        yield memory, memory
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    pool = await open_pool(database.app_url, connections_max=2)
    try:
        yield PostgresRulebookKeeper(database), PostgresRulebookShelf(pool)
    finally:
        await pool.close()


async def test_what_is_imported_comes_back_and_never_changes(kept: Kept) -> None:
    keeper, shelf = kept
    assert await keeper.add(FIRST)
    assert not await keeper.add(replace(FIRST, imported_by="eve"))
    assert await keeper.add(SECOND)
    assert await keeper.all() == [FIRST, SECOND]
    assert [await reader.kept("v1") for reader in kept] == [FIRST, FIRST]
    assert await shelf.kept("v2") is None


async def test_activations_come_one_after_the_other(kept: Kept) -> None:
    keeper, shelf = kept
    assert await shelf.schedule() == Schedule()
    for rulebook in (FIRST, SECOND):
        await keeper.add(rulebook)
    await keeper.activate(activation(1))
    with pytest.raises(StaleVersionError):
        await keeper.activate(activation(1, reason="Another act."))
    await keeper.activate(activation(2, version="v0", previous_version="v1"))
    schedule = Schedule((activation(1), activation(2, version="v0", previous_version="v1")))
    assert [await reader.schedule() for reader in kept] == [schedule, schedule]


async def test_of_two_that_activate_at_once_one_does(kept: Kept) -> None:
    keeper, _ = kept
    for rulebook in (FIRST, SECOND):
        await keeper.add(rulebook)
    tried = [keeper.activate(activation(1, reason=f"Act {number}.")) for number in range(4)]
    answers = await asyncio.gather(*tried, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType"] + ["StaleVersionError"] * 3


async def test_services_read_and_nobody_changes_or_deletes(venue_db: Database) -> None:
    keeper = PostgresRulebookKeeper(venue_db)
    for rulebook in (FIRST, SECOND):
        await keeper.add(rulebook)
    await keeper.activate(activation())
    for url, role in ((venue_db.app_url, None), (venue_db.relay_url, None), (venue_db.admin_url, venue_db.roles.owner)):
        async with connected(url) as connection:
            if role is not None:
                await connection.execute(f"set role {role}")
            for table, column in (("rulebooks", "version"), ("rulebook_activations", "reason")):
                change = f"update {table} set {column} = 'x'"
                writes = [f"delete from {table}", f"truncate {table} cascade"]
                if role is None:
                    writes += [change, f"insert into {table} default values"]
                else:
                    assert await connection.execute(change) == "UPDATE 0"
                for write in writes:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(write)
    assert len((await keeper.schedule()).activations) == 1

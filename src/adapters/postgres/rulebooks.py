"""Rulebooks on PostgreSQL: services read them, and only the owner of the tables adds to them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import override

import asyncpg
import msgspec

from adapters.postgres.migrator import Database
from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from adapters.postgres.transactions import tenant_transaction
from core.resale.law.activation import Activation, KeptRulebook, Schedule
from core.shared.errors import StaleVersionError
from ports.resale.rulebooks import RulebookKeeper, RulebookShelf

_ACTIVATIONS = """
select number, version, previous_version, active_from, activated_by, activated_at, reason from rulebook_activations
order by number
"""
_KEPT = "select version, files::text as files, imported_by, imported_at from rulebooks"
_ADD = """
insert into rulebooks (version, files, imported_by, imported_at) values ($1, $2::text::jsonb, $3, $4)
on conflict do nothing returning version
"""
_ACTIVATE = """
insert into rulebook_activations (number, version, previous_version, active_from, activated_by, activated_at, reason)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning number
"""
_FILES = msgspec.json.Decoder(dict[str, str])


class PostgresRulebookShelf(RulebookShelf):
    """What services see, as the app role; the tables belong to no tenant."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def schedule(self) -> Schedule:
        async with tenant_transaction(self._pool, None) as connection:
            return await _schedule(connection)

    @override
    async def kept(self, version: str) -> KeptRulebook | None:
        async with tenant_transaction(self._pool, None) as connection:
            return await _one(connection, version)


class PostgresRulebookKeeper(RulebookKeeper):
    """What the command line does, as the role that owns the tables: through the address that also migrates them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def schedule(self) -> Schedule:
        async with self._as_owner() as connection:
            return await _schedule(connection)

    @override
    async def kept(self, version: str) -> KeptRulebook | None:
        async with self._as_owner() as connection:
            return await _one(connection, version)

    @override
    async def all(self) -> Sequence[KeptRulebook]:
        async with self._as_owner() as connection:
            return [_kept(row) for row in await connection.fetch(f"{_KEPT} order by imported_at, version")]

    @override
    async def add(self, rulebook: KeptRulebook) -> bool:
        files = msgspec.json.encode(rulebook.files, order="sorted").decode()
        values = (rulebook.version, files, rulebook.imported_by, rulebook.imported_at)
        async with self._as_owner() as connection:
            return await connection.fetchval(_ADD, *values) is not None

    @override
    async def activate(self, activation: Activation) -> None:
        async with self._as_owner() as connection:
            added = await connection.fetchval(
                _ACTIVATE,
                *(activation.number, activation.version, activation.previous_version, activation.active_from),
                *(activation.activated_by, activation.activated_at, activation.reason),
            )
        if added is None:
            raise StaleVersionError("Somebody else has activated a rulebook meanwhile. Look at the history again.")

    @asynccontextmanager
    async def _as_owner(self) -> AsyncIterator[Connection]:
        async with driver_errors_translated():
            connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(self._database.admin_url)
            try:
                async with connection.transaction():
                    await connection.execute(f"set local role {self._database.roles.owner}")
                    await connection.execute("set local time zone 'UTC'")
                    yield connection
            finally:
                await connection.close()


async def _schedule(connection: Connection) -> Schedule:
    return Schedule(tuple(Activation(**dict(row)) for row in await connection.fetch(_ACTIVATIONS)))


async def _one(connection: Connection, version: str) -> KeptRulebook | None:
    row = await connection.fetchrow(f"{_KEPT} where version = $1", version)
    return _kept(row) if row is not None else None


def _kept(row: asyncpg.Record) -> KeptRulebook:
    return KeptRulebook(
        version=row["version"],
        files=_FILES.decode(row["files"]),
        imported_by=row["imported_by"],
        imported_at=row["imported_at"],
    )

"""Brings a database up to date: makes it and its three roles when they are missing, then runs its Alembic history."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.pool import driver_errors_translated
from adapters.postgres.security import Roles

MIGRATIONS = Path(__file__).with_name("migrations")
"""In the package, so that whatever is installed can migrate."""
_LOCK = 7_226_011_973
"""Held while one process migrates; another waits for it."""


@dataclass(frozen=True, slots=True)
class Database:
    """One service's database: its name in our words, its tables, and three ways to reach it.

    `admin_url` may create roles and the database; `app_url` and `relay_url` log in as the roles that services use.
    """

    name: str
    metadata: MetaData
    admin_url: str
    app_url: str
    relay_url: str

    @property
    def roles(self) -> Roles:
        return Roles.of(self.name)


async def migrate(database: Database, *, revision: str = "head") -> str | None:
    """Make database and roles where missing, upgrade to the revision, and return the revision it is at.

    Safe to repeat, and to run twice at once. Raises StoreUnavailableError when the server cannot be reached.
    """
    async with driver_errors_translated():
        await _prepare(database)
    async with _as_owner(database) as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(database, sync), revision))
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def downgrade(database: Database, *, revision: str = "base") -> None:
    """Go back to a revision; `base` leaves no table of ours."""
    async with _as_owner(database) as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(database, sync), revision))


async def drift(database: Database) -> list[object]:
    """Return what the tables in the database and the metadata of the code disagree on; empty when they agree."""

    def compare(sync: Connection) -> list[object]:
        context = MigrationContext.configure(sync, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, database.metadata))

    async with _as_owner(database) as connection:
        return await connection.run_sync(compare)


async def pending(database: Database) -> bool:
    """Tell whether the database is behind the code's newest revision."""

    def behind(sync: Connection) -> bool:
        newest = ScriptDirectory.from_config(_config(database, sync)).get_current_head()
        return MigrationContext.configure(sync).get_current_revision() != newest

    async with _as_owner(database) as connection:
        return await connection.run_sync(behind)


def _config(database: Database, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(MIGRATIONS / database.name))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = database.metadata
    return config


@asynccontextmanager
async def _as_owner(database: Database) -> AsyncIterator[AsyncConnection]:
    url = database.admin_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with driver_errors_translated(), engine.begin() as connection:
            await connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
            await connection.execute(text(f"set local role {database.roles.owner}"))
            yield connection
    finally:
        await engine.dispose()


async def _prepare(database: Database) -> None:
    parts = urlsplit(database.admin_url)
    name = parts.path.removeprefix("/")
    server = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await server.execute(f"select pg_advisory_lock({_LOCK})")
        if not await server.fetchval("select true from pg_database where datname = $1", name):
            await server.execute(f"create database {_quoted(name)}")
        roles = database.roles
        await _ensure_role(server, roles.owner, None)
        for role, url in ((roles.app, database.app_url), (roles.relay, database.relay_url)):
            login = urlsplit(url)
            password = unquote(login.password) if login.password and login.username == role else None
            await _ensure_role(server, role, password)
    finally:
        await server.close()
    admin = await asyncpg.connect(database.admin_url)
    try:
        await admin.execute(
            f"""
            revoke all on database {_quoted(name)} from public;
            grant connect on database {_quoted(name)} to {roles.owner}, {roles.app}, {roles.relay};
            revoke all on schema public from public;
            grant usage, create on schema public to {roles.owner};
            grant usage on schema public to {roles.app}, {roles.relay};
            """
        )
        if not await admin.fetchval("select rolsuper from pg_roles where rolname = current_user"):
            await admin.execute(f"grant {roles.owner} to current_user")
    finally:
        await admin.close()


async def _ensure_role(server: "asyncpg.Connection[asyncpg.Record]", role: str, password: str | None) -> None:
    if not await server.fetchval("select true from pg_roles where rolname = $1", role):
        await server.execute(f"create role {role} nologin nosuperuser nobypassrls nocreatedb nocreaterole")
    if password is not None:
        quoted = await server.fetchval("select quote_literal($1::text)", password)
        await server.execute(f"alter role {role} login password {quoted}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Real servers for the tests: started once a run, when the first test asks, on 127.0.0.1 and in throw-away folders."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.valkey import EmbeddedValkey
from adapters.postgres.migrator import Database, migrate
from bootstrap.databases import METADATA
from tests.quick_folders import quick_folder

DATABASE_KINDS = ("auth_db", "venue_db", "order_db", "payment_db", "admission_db", "user_db")
_PASSWORD = "test-only"
_SERIAL = itertools.count(1)
_MADE: list[tuple[str, str]] = []
"""Databases by the address of their server, in the order in which they were made."""
_LEFT_OVER: list[tuple[str, str]] = []
_LEFT_OVER_MAX = 20


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL on which each test gets databases of its own, cloned from migrated templates."""

    admin_url: str
    templates: dict[str, Database]

    def named(self, name: str, *, of: str | None = None) -> Database:
        """Describe a database called `name` with the tables and roles of ours that is called `of`."""
        kind = of or name
        template = Database(name=kind, metadata=METADATA[kind], admin_url="", app_url="", relay_url="")
        roles = template.roles
        return replace(
            template,
            admin_url=self._url(name),
            app_url=self._url(name, user=roles.app),
            relay_url=self._url(name, user=roles.relay),
        )

    async def fresh(self, kind: str) -> Database:
        """Return a migrated, empty database of a kind such as `venue_db`, nobody else's."""
        if kind not in self.templates:
            template = self.named(f"{kind}_template", of=kind)
            await migrate(template)
            self.templates[kind] = template
        name = f"{kind}_{next(_SERIAL)}"
        _MADE.append((self.admin_url, name))
        server = await asyncpg.connect(self.admin_url)
        try:
            # By copying files: through the log of changes it takes twice as much of the processor.
            await server.execute(f'create database "{name}" template "{kind}_template" strategy file_copy')
            roles = self.templates[kind].roles
            await server.execute(
                f'revoke all on database "{name}" from public;'
                f'grant connect on database "{name}" to {roles.owner}, {roles.app}, {roles.relay}'
            )
        finally:
            await server.close()
        return self.named(name, of=kind)

    def _url(self, database: str, *, user: str | None = None) -> str:
        parts = urlsplit(self.admin_url)
        netloc = f"{user}:{_PASSWORD}@{parts.hostname}:{parts.port}" if user else parts.netloc
        return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect for the length of the block."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(autouse=True)
def databases_are_dropped() -> Iterator[None]:
    """Drop what a test made, some at a time: thousands of databases would be written to the disk and be deleted there.

    What modules and sessions made before stays.
    """
    made_before = len(_MADE)
    yield
    _LEFT_OVER.extend(_MADE[made_before:])
    del _MADE[made_before:]
    if len(_LEFT_OVER) >= _LEFT_OVER_MAX:
        # In a thread, since this one may have an event loop of the test's.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _drop(list(_LEFT_OVER))).result()
        _LEFT_OVER.clear()


async def _drop(databases: list[tuple[str, str]]) -> None:
    by_server = groupby(sorted(databases), key=itemgetter(0))
    for url, names in by_server:
        with suppress(OSError, asyncpg.PostgresError):  # the server may be gone, and the folder with it
            async with connected(url) as server:
                for _, name in names:
                    await server.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that forgets everything."""
    with quick_folder() as folder, EmbeddedPostgres(folder, durable=False, password=_PASSWORD) as server:
        yield PostgresServer(server.admin_url("postgres"), {})


@pytest.fixture
async def venue_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("venue_db")


@pytest.fixture
async def auth_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("auth_db")


@pytest.fixture
async def order_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("order_db")


@pytest.fixture
async def payment_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("payment_db")


@pytest.fixture
async def admission_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("admission_db")


@pytest.fixture
async def user_db(postgres: PostgresServer) -> Database:
    return await postgres.fresh("user_db")


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey that forgets everything."""
    with EmbeddedValkey(tmp_path_factory.mktemp("vk"), durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real mongod when FAIRSEAT_TEST_MONGODB_URL names one, else the MongoDB wire server, in memory."""
    given = os.environ.get("FAIRSEAT_TEST_MONGODB_URL")
    if given:
        yield given
        return
    with EmbeddedMongo(None) as server:
        yield server.url

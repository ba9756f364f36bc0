"""The stores of a checkout on real servers: PostgreSQL, the MongoDB wire server, Valkey. The provider is in memory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import asyncpg
from redis.asyncio import Redis

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.payments import MemoryPaymentGateway
from adapters.mongo.client import Database
from adapters.postgres.pool import open_pool
from adapters.redis.client import redis_client
from bootstrap.containers.service import Pools
from tests.checkout_stores import Surroundings, beside
from tests.mongo_databases import fresh_database
from tests.servers import PostgresServer
from tests.ticketing_builders import NOON

SERVICES = ("venue", "order", "payment", "admission")
KEPT = ("alembic_version",)


class Servers:
    """Stores that are emptied before each story."""

    def __init__(self, pools: Mapping[str, Pools], admin: Mapping[str, str], database: Database, redis: Redis) -> None:
        self.pools, self.admin = pools, admin
        self.database, self.redis = database, redis

    def fresh(self) -> Surroundings:
        """Return what the processes of a new story find; `empty` makes it true."""
        clock, ids = MemoryClock(NOON), MemoryIds()
        gateway = MemoryPaymentGateway(clock)
        made: dict[str, dict[type, object]] = {
            name: {**beside(name, clock, ids, gateway), Pools: self.pools[name]} for name in SERVICES
        }
        made["payment"][Redis] = self.redis
        made["ticket"] = {**beside("ticket", clock, ids, gateway), Database.__value__: self.database}
        made["expiration"] = {**beside("expiration", clock, ids, gateway), Redis: self.redis}
        return Surroundings(clock, gateway, made, lambda: None, self._written)

    async def _written(self) -> set[UUID]:
        found: set[UUID] = set()
        for pools in self.pools.values():
            found |= {row["id"] for row in await pools.relay.fetch("select id from outbox")}
        return found

    async def empty(self) -> None:
        for url in self.admin.values():
            connection = await asyncpg.connect(url)
            try:
                found = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
                tables = ", ".join(f'"{row[0]}"' for row in found if row[0] not in KEPT)
                await connection.execute(f"set session_replication_role = replica; truncate {tables}")
            finally:
                await connection.close()
        for name in await self.database.list_collection_names():
            await self.database[name].delete_many({})
        await self.redis.flushall()


@asynccontextmanager
async def on_servers(postgres: PostgresServer, mongodb_url: str, valkey_url: str) -> AsyncIterator[Servers]:
    async with AsyncExitStack() as stack:
        pools: dict[str, Pools] = {}
        admin: dict[str, str] = {}
        for name in SERVICES:
            database = await postgres.fresh(f"{name}_db")
            app = await stack.enter_async_context(await open_pool(database.app_url, connections_max=4))
            relay = await stack.enter_async_context(await open_pool(database.relay_url, connections_max=2))
            pools[name], admin[name] = Pools(app, relay), database.admin_url
        documents = await stack.enter_async_context(fresh_database(mongodb_url))
        redis = await stack.enter_async_context(redis_client(valkey_url, timeout_s=5, retries_max=1))
        yield Servers(pools, admin, documents, redis)

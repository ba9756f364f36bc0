"""The stores of resale, in memory and on PostgreSQL, for the tests of what they promise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.postgres.resale_verifications import PostgresExpiredVerifications
from adapters.system.ids import Uuid7Source
from ports.resale import ResaleTransactions
from ports.resale.verifications import ExpiredVerifications
from tests.servers import PostgresServer


@dataclass(frozen=True, slots=True)
class ResaleStores:
    """What a process has of resale."""

    transactions: ResaleTransactions
    expired: ExpiredVerifications
    database: Database | None = None


@asynccontextmanager
async def resale_stores(server: PostgresServer | None, *, connections_max: int = 8) -> AsyncIterator[ResaleStores]:
    """Open the stores of a fresh database, or without a server the ones in memory."""
    ids = Uuid7Source()
    if server is None:
        memory = MemoryResaleTransactions(MemoryMessages(ids=ids))
        yield ResaleStores(memory, memory)
        return
    database = await server.fresh("venue_db")
    pool = await open_pool(database.app_url, connections_max=connections_max)
    relay = await open_pool(database.relay_url, connections_max=1)
    try:
        yield ResaleStores(PostgresResaleTransactions(pool, ids), PostgresExpiredVerifications(relay), database)
    finally:
        await relay.close()
        await pool.close()

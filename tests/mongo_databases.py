"""Databases on MongoDB for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from adapters.mongo.client import Database, create_client, database_of


@asynccontextmanager
async def fresh_database(url: str) -> AsyncIterator[Database]:
    """Give an empty database, and drop it afterwards."""
    name = f"fairseat_test_{uuid4().hex}"
    async with create_client(url, connections_max=20) as client:
        try:
            yield database_of(client, name)
        finally:
            await client.drop_database(name)

"""The connection to MongoDB, and what its failures mean."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    PyMongoError,
    WaitQueueTimeoutError,
    WTimeoutError,
)

from ports.stores import StoreUnavailableError

type Document = dict[str, Any]
"""A document as the driver has it. Any: whatever BSON holds."""

type Client = AsyncMongoClient[Document]
type Database = AsyncDatabase[Document]

_OPERATION_TIMEOUT_S = 30.0
_UNAVAILABLE = (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WaitQueueTimeoutError, WTimeoutError)


def create_client(
    url: str, *, connections_max: int, connect_timeout_s: float = 5.0, operation_timeout_s: float = _OPERATION_TIMEOUT_S
) -> Client:
    """Make a client for a `mongodb://` or `mongodb+srv://` URL; nothing is connected yet.

    UUIDs are stored as such (subtype 4) and times are read as aware UTC. A write has happened when most of the servers
    have it, so that a fail-over cannot undo a ticket that someone was told of.
    """
    return AsyncMongoClient(
        url,
        appname="fairseat",
        uuidRepresentation="standard",
        tz_aware=True,
        w="majority",
        maxPoolSize=connections_max,
        connectTimeoutMS=int(connect_timeout_s * 1000),
        serverSelectionTimeoutMS=int(connect_timeout_s * 1000),
        socketTimeoutMS=int(operation_timeout_s * 1000),
        waitQueueTimeoutMS=int(operation_timeout_s * 1000),
    )


def database_of(client: Client, name: str) -> Database:
    """Return a database of the client; MongoDB makes it with its first document."""
    return client.get_database(name)


async def check_database(database: Database) -> None:
    """Ask the server for an answer; raises StoreUnavailableError when there is none."""
    async with driver_errors_translated():
        await database.command("ping")


@asynccontextmanager
async def driver_errors_translated() -> AsyncGenerator[None]:
    """Turn what the driver raises when the server is away, or is changing its primary, into StoreUnavailableError."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise StoreUnavailableError(f"MongoDB: {type(error).__name__}: {error}") from error
    except PyMongoError as error:
        if error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError"):
            raise StoreUnavailableError(f"MongoDB: {type(error).__name__}: {error}") from error
        raise

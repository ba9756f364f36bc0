"""The child process of `EmbeddedMongo`: `python -m adapters.embedded.mongo_server PORT MARK [DATABASE_FILE]`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from mongoeco.engines.memory import MemoryEngine
from mongoeco.engines.sqlite import SQLiteEngine
from mongoeco.wire import AsyncMongoEcoProxyServer

from adapters.embedded.mongo import READY_FILE
from adapters.embedded.readiness import LOOPBACK

# The newest that mongoeco 4.11 knows; both are only names of behaviour, the real driver is a newer one.
_DRIVER_PROFILE = "4.19"
_SERVER_DIALECT = "8.0"


async def serve(port: int, database_file: str | None) -> None:
    """Answer MongoDB clients on the loopback address until SIGTERM or SIGINT; in memory when no file is given."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    # MongoDB groups any number of documents; this server refuses more than 50,000 unless it is told not to.
    engine = (
        MemoryEngine(aggregation_materialization_limit=None)
        if database_file is None
        else SQLiteEngine(database_file, aggregation_materialization_limit=None)
    )
    async with AsyncMongoEcoProxyServer(
        engine=engine,
        host=LOOPBACK,
        port=port,
        pymongo_profile=_DRIVER_PROFILE,
        mongodb_dialect=_SERVER_DIALECT,
    ):
        # Our working directory is the server's folder.
        Path(READY_FILE).write_text(str(os.getpid()), "ascii")
        await stopped.wait()


if __name__ == "__main__":
    _, port_text, _mark, *files = sys.argv
    asyncio.run(serve(int(port_text), files[0] if files else None))

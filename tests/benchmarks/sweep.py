"""The sweep of ended holds, in a process of its own as a worker has it.

It reads a Sweep as JSON from the first line of its standard input, says that it is ready, begins at the second line,
and ends when nothing is left, when the time is up, or at the third line. Then it writes a Swept to its standard output.
"""

import asyncio
import sys
import time

import msgspec
import uvloop

from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.seating import PostgresExpiredReservations, PostgresSeatingTransactions
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from tests.benchmarks.holding import CONNECTIONS_MAX
from usecases.seating.expire_reservations import ExpireReservations


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """Where to sweep, and for how long at most."""

    app_url: str
    relay_url: str
    seconds_max: float


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many holds were marked as expired, and how long it took."""

    holds: int
    seconds: float


def expiring(app: Pool, relay: Pool) -> ExpireReservations:
    """Build the use case as a service does."""
    return ExpireReservations(
        PostgresExpiredReservations(relay), PostgresSeatingTransactions(app, Uuid7Source()), SystemClock()
    )


async def sweep() -> None:
    loop = asyncio.get_running_loop()
    given = msgspec.json.decode(await asyncio.to_thread(sys.stdin.readline), type=Sweep)
    async with (
        await open_pool(given.app_url, connections_max=CONNECTIONS_MAX) as app,
        await open_pool(given.relay_url, connections_max=1) as relay,
    ):
        expire = expiring(app, relay)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        stop = loop.run_in_executor(None, sys.stdin.readline)
        begun = time.perf_counter()
        holds = 0
        while not stop.done() and time.perf_counter() - begun < given.seconds_max:
            done = await expire()
            holds += done
            if not done:
                break
        swept = Swept(holds=holds, seconds=time.perf_counter() - begun)
        print(msgspec.json.encode(swept).decode(), flush=True)
        await stop


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(sweep())

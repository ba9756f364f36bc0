"""Workers on an operation, each a process of its own that is killed where it is told to.

The program reads a line of JSON for each worker from its standard input, forks it, and answers with the signal or the
status that it ended with. It runs no event loop itself, so that forking is safe, and a worker costs no start of Python.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import override
from uuid import UUID

import msgspec

from adapters.memory.clock import MemoryClock
from adapters.postgres.operations import PostgresOperationTransactions
from adapters.postgres.plan_documents import PostgresPlanDocuments
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from core.shared.ids import OperationId, TenantId
from ports.seating import SeatingTransaction, SeatingTransactions
from tests.import_world import plan_import
from tests.operations_world import DyingTransactions
from usecases.operations.run_operation import RunOperation
from usecases.operations.types import OperationTypes
from usecases.seating.operations.plan_change import PlanChange
from usecases.seating.operations.re_pricing import RePricing


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """`place` is the point at which it is killed, 0 for never: before each transaction, each commit, and after it."""

    url: str
    tenant_id: UUID
    operation_id: UUID
    now: datetime
    place: int


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it was killed; `points` is how many it came by otherwise."""

    killed: bool
    points: int


class KilledSeating(SeatingTransactions):
    """Transactions on seats in which the worker may be killed."""

    def __init__(self, inner: SeatingTransactions, point: Callable[[str], None]) -> None:
        self._inner = inner
        self._point = point

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        self._point("before a transaction")
        async with self._inner.begin(tenant_id) as tx:
            yield tx
            self._point("before a commit")
        self._point("after a commit")


async def work(worker: Worker) -> int:
    """Return by how many points the worker came."""
    points = 0

    def point(_: str) -> None:
        nonlocal points
        points += 1
        if points == worker.place:
            os.kill(os.getpid(), signal.SIGKILL)

    ids, clock = Uuid7Source(), MemoryClock(worker.now)
    async with await open_pool(worker.url, connections_max=2) as pool:
        seating = KilledSeating(PostgresSeatingTransactions(pool, ids), point)
        operations = DyingTransactions(PostgresOperationTransactions(pool, ids), point)
        types = (
            RePricing(seating, clock),
            plan_import(seating, PostgresPlanDocuments(pool), clock),
            PlanChange(seating, clock, ids),
        )
        run = RunOperation(operations, OperationTypes(types), clock, ids)
        while await run(TenantId(worker.tenant_id), OperationId(worker.operation_id)):
            continue
    return points


def forked(worker: Worker) -> Ended:
    """Run the worker in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(asyncio.run(work(worker))).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or status == 0, f"a worker ended with {status}"
    return Ended(killed=killed, points=int(told or b"0"))


def main() -> None:
    """Answer each line with a line until the input ends."""
    for line in sys.stdin.buffer:
        ended = forked(msgspec.json.decode(line, type=Worker))
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

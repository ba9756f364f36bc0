"""The program that forks workers on operations (tests/operation_process.py), as a test talks to it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from adapters.postgres.migrator import Database
from core.shared.ids import OperationId
from tests.operation_process import Ended, Worker
from tests.operations_world import TENANT
from tests.running import clean_environment

KILLS = int(os.environ.get("FAIRSEAT_TEST_OPERATION_KILLS", "8"))
"""At how many of the points a worker is killed, spread over all; 1000 tries every one."""


def spread(points: int, kills: int = KILLS) -> range:
    """Return the points to kill at: so many of all, or every one where there are no more."""
    return range(1, points, max(1, -(-points // kills)))


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers on the operations of one database, one after the other."""

    database: Database
    program: Process
    answer_s: float

    async def work(self, operation_id: OperationId, *, now: datetime, place: int = 0) -> Ended:
        """Let a worker work until it is killed there, or to the end."""
        worker = Worker(url=self.database.app_url, tenant_id=TENANT, operation_id=operation_id, now=now, place=place)
        assert self.program.stdin is not None and self.program.stdout is not None
        self.program.stdin.write(msgspec.json.encode(worker) + b"\n")
        line = await asyncio.wait_for(self.program.stdout.readline(), self.answer_s)
        return msgspec.json.decode(line, type=Ended)


@asynccontextmanager
async def operation_workers(database: Database, *, answer_s: float = 60) -> AsyncIterator[Workers]:
    """Start the program, and end it in good order."""
    environment = clean_environment(PYTHONPATH=os.pathsep.join(sys.path))
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.operation_process", stdin=PIPE, stdout=PIPE, env=environment
    )
    assert program.stdin is not None
    yield Workers(database, program, answer_s)
    program.stdin.close()
    assert await asyncio.wait_for(program.wait(), 10) == 0

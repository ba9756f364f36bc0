"""Imports of plans: an arena by the operation `plan-import`, beside COPY of the very rows that it wrote.

The import reads the source, checks it, gives ids, writes in batches with a checkpoint after each, and compares what is
stored; COPY has the rows at hand, and writes them into a table with the same constraints and indexes, but without
row-level security (under which PostgreSQL refuses COPY) and without triggers. It is the least that storing them costs.
"""

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from uuid import UUID

import asyncpg
from rich.table import Table

from adapters.postgres.migrator import Database
from adapters.postgres.operations import PostgresOperationTransactions
from adapters.postgres.plan_documents import PostgresPlanDocuments
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from core.operations.operation import OperationStatus
from core.seating.writing import plan_of_operation
from tests.benchmarks import scenarios as s
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL
from tests.benchmarks.results import Figure, Part
from tests.import_world import params, plan_import
from tests.operations_world import MANAGER, TENANT, VENUE
from tests.venues_neighbour import Venues
from usecases.operations.manage_operation import ReadOperations
from usecases.operations.run_operation import RunOperation
from usecases.operations.start_operation import StartOperation
from usecases.operations.types import OperationTypes


@dataclass(frozen=True, slots=True)
class Imported:
    """How long an import took, and COPY of its rows."""

    import_s: float
    copy_s: float


def measure_import(bench: Bench) -> Part:
    """Measure imports of a hall and a large one; seats a second and their ratio to COPY are printed, and figures."""
    return bench.run(_measure(bench))


async def _measure(bench: Bench) -> Part:
    database = await bench.postgres.fresh("venue_db")
    table = Table("seats", "import, seats/s", "COPY, seats/s", "ratio", title="plan-import beside COPY")
    part = Part(lines=[])
    async with await open_pool(database.app_url, connections_max=4) as pool:
        for seats in (SEATS, SEATS_OF_A_LARGE_HALL):
            bench.say(f"importing {seats:,} seats, {bench.rounds} time(s)")
            rounds = [await _imported(database, pool, seats) for _ in range(bench.rounds)]
            imported = seats / median(one.import_s for one in rounds)
            copied = seats / median(one.copy_s for one in rounds)
            part.figures.extend(
                (
                    Figure(name=s.importing(seats), value=imported, unit="seats a second"),
                    Figure(name=s.copying(seats), value=copied, unit="seats a second"),
                    Figure(name=f"{s.importing(seats)}, beside COPY", value=imported / copied, unit="times"),
                )
            )
            table.add_row(f"{seats:,}", f"{imported:,.0f}", f"{copied:,.0f}", f"{imported / copied:.3f}")
    bench.console.print(table)
    return part


async def _imported(database: Database, pool: Pool, seats: int) -> Imported:
    ids, clock = Uuid7Source(), SystemClock()
    operations = PostgresOperationTransactions(pool, ids)
    types = OperationTypes((plan_import(PostgresSeatingTransactions(pool, ids), PostgresPlanDocuments(pool), clock),))
    wanted = params({"format": "arena", "seats": seats})
    venues = Venues()
    start, run = StartOperation(operations, types, venues, clock, ids), RunOperation(operations, types, clock, ids)
    operation = await start(VENUE, "plan-import", wanted, caller=MANAGER)
    begun = perf_counter()
    while await run(TENANT, operation.id):
        continue
    import_s = perf_counter() - begun
    ended = await ReadOperations(operations, venues).one(operation.id, caller=MANAGER)
    if ended.status is not OperationStatus.COMPLETED:
        raise RuntimeError(f"the import ended {ended.status}: {ended.error}")
    return Imported(import_s, await _copied(database, plan_of_operation(operation.id), seats))


async def _copied(database: Database, plan_id: UUID, seats: int) -> float:
    """Return how long COPY of the plan's seats takes."""
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute(
            "drop table if exists bench_copied; create table bench_copied (like seats including all)"
        )
        rows = [
            tuple(row) for row in await connection.fetch("select * from seats where plan_id = $1 order by id", plan_id)
        ]
        if len(rows) != seats:
            raise RuntimeError(f"{len(rows)} seats were imported instead of {seats}")
        begun = perf_counter()
        await connection.copy_records_to_table("bench_copied", records=rows)
        return perf_counter() - begun
    finally:
        await connection.close()

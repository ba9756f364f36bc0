"""A worker that is killed in the midst of a large plan: the next one goes on, and the plan is the same as without."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.postgres.migrator import Database
from adapters.postgres.operations import PostgresDueOperations, PostgresOperationTransactions
from adapters.postgres.plan_documents import PostgresPlanDocuments
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from core.operations.operation import LEASE, OperationStatus
from core.seating.arena import lay_out_arena
from core.seating.plan_export import write_plan
from core.shared.ids import OperationId
from tests.import_world import Imports
from tests.operation_process import Ended
from tests.operation_workers import Workers, operation_workers
from tests.operations_world import MANAGER, TENANT, Stores

SEATS = int(os.environ.get("FAIRSEAT_TEST_IMPORT_SEATS", "20000"))
"""How many seats the plan has; 100000 is what the operation is for."""

_ANSWER_S = 60 + SEATS / 500


@dataclass
class Plant:
    """An installation, and the workers."""

    imports: Imports
    workers: Workers

    async def worker(self, operation_id: OperationId, place: int = 0) -> Ended:
        """Let a worker work until it is killed there, or to the end."""
        return await self.workers.work(operation_id, now=self.imports.clock.now(), place=place)

    async def killed(self, operation_id: OperationId, *, at_seats: int) -> int:
        """Kill workers one after the other, a little further on each, until one leaves so many seats or more."""
        place = 20
        while True:
            assert (await self.worker(operation_id, place)).killed, "it was at its end before it had so many seats"
            self.imports.clock.move(seconds=LEASE.total_seconds())
            seats = await self.seats(operation_id)
            if seats >= at_seats:
                return seats
            place += 3

    async def seats(self, operation_id: OperationId) -> int:
        """Return how many seats are stored of the half of a plan."""
        plan = await self.imports.plan(operation_id)
        assert plan.written_by == operation_id
        async with self.imports.seating.begin(TENANT) as tx:
            return (await tx.writing.written(plan.id)).seats


@pytest.fixture
async def plant(venue_db: Database) -> AsyncIterator[Plant]:
    ids = Uuid7Source()
    async with (
        await open_pool(venue_db.app_url, connections_max=2) as app,
        await open_pool(venue_db.relay_url, connections_max=1) as relay,
    ):
        stores = Stores(PostgresOperationTransactions(app, ids), PostgresDueOperations(relay), ids)
        imports = Imports(stores, PostgresSeatingTransactions(app, ids), PostgresPlanDocuments(app))
        async with operation_workers(venue_db, answer_s=_ANSWER_S) as workers:
            yield Plant(imports, workers)


@pytest.mark.timeout(240 + SEATS / 50)
async def test_a_large_import_goes_on_where_a_killed_worker_left_it(plant: Plant) -> None:
    imports = plant.imports
    arena = {"format": "arena", "seats": SEATS}
    undisturbed = await imports.started(arena)
    assert not (await plant.worker(undisturbed)).killed
    model = await imports.exported(undisturbed)
    document = await imports.sent(write_plan("Arena", lay_out_arena(SEATS)))
    for source in (arena, document):
        operation_id = await imports.started(source)
        left = await plant.killed(operation_id, at_seats=SEATS // 4)
        assert SEATS // 4 <= left < SEATS
        stands = await imports.world.stands(operation_id)
        assert stands.current_step == "seats"
        assert not (await plant.worker(operation_id)).killed
        operation = await imports.world.stands(operation_id)
        assert (operation.status, operation.error) == (OperationStatus.COMPLETED, None)
        assert await imports.exported(operation_id) == model
    cancelled = await imports.started(arena)
    await plant.killed(cancelled, at_seats=SEATS // 2)
    await imports.world.cancel(cancelled, caller=MANAGER)
    assert not (await plant.worker(cancelled)).killed
    assert (await imports.world.stands(cancelled)).status is OperationStatus.CANCELLED
    assert len(await imports.plans()) == 3

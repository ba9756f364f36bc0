"""Workers that are killed at every boundary of a step and inside each: the operation ends as if nobody had died."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import uuid4

import asyncpg
import pytest

from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.postgres.operations import PostgresDueOperations, PostgresOperationTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from core.operations.operation import LEASE, Operation, OperationStatus
from core.seating.pricing import TierRequest
from core.shared.ids import OperationId, PlanId, PriceTierId
from core.shared.money import Money
from ports.seating import SeatingTransactions
from tests.operation_process import Ended
from tests.operation_workers import KILLS, Workers, operation_workers, spread
from tests.operations_world import MANAGER, TENANT, VENUE, Stores, World
from tests.seating_world import a_plan
from usecases.seating.operations.re_pricing import RePricing
from usecases.seating.replace_price_tiers import ReplacePriceTiers

PLANS = 3


@dataclass
class Season:
    """A venue with plans, and the workers."""

    world: World
    seating: SeatingTransactions
    workers: Workers
    plans: list[PlanId]
    amount: int = 8000

    async def started(self) -> OperationId:
        """Start to set another price."""
        self.amount += 100
        change = {"tier": "All", "price": {"amount": self.amount, "currency": "EUR"}}
        params = {"planIds": [str(id) for id in self.plans], "changes": [change]}
        return (await self.world.start(VENUE, "re-pricing", params, caller=MANAGER)).id

    async def worker(self, operation_id: OperationId, place: int = 0) -> Ended:
        """Let a worker work until it is killed there, or to the end."""
        return await self.workers.work(operation_id, now=self.world.clock.now(), place=place)

    async def stands(self, operation_id: OperationId) -> tuple[Operation, list[tuple[int, set[int], int]], int]:
        """Return the operation, each plan's seats_version, prices and price, and how many plans were told of."""
        plans: list[tuple[int, set[int], int]] = []
        for plan_id in self.plans:
            async with self.seating.begin(TENANT) as tx:
                plan, (tier,) = await tx.plans.get(plan_id), await tx.plans.tiers(plan_id)
                prices = {seat.price_minor for seat in (await tx.plans.layout(plan_id)).seats}
            plans.append((plan.seats_version, prices, tier.price.amount_minor))
        admin = await asyncpg.connect(self.workers.database.admin_url)
        try:
            told = await admin.fetchval(
                "select count(*) from outbox where event_type = 'seating.plan.repriced'"
                " and payload::text like '%' || $1 || '%'",
                str(operation_id),
            )
        finally:
            await admin.close()
        return await self.world.stands(operation_id), plans, told


@pytest.fixture
async def season(venue_db: Database) -> AsyncIterator[Season]:
    ids = Uuid7Source()
    async with (
        await open_pool(venue_db.app_url, connections_max=2) as app,
        await open_pool(venue_db.relay_url, connections_max=1) as relay,
    ):
        seating, clock = PostgresSeatingTransactions(app, ids), MemoryClock()
        stores = Stores(PostgresOperationTransactions(app, ids), PostgresDueOperations(relay), ids)
        world = World(stores, (RePricing(seating, clock),), clock)
        plans: list[PlanId] = []
        for _ in range(PLANS):
            plan, layout = a_plan(rows=2, columns=3)
            async with seating.begin(TENANT) as tx:
                await tx.plans.add(replace(plan, venue_id=VENUE), layout)
            tier = TierRequest(
                id=PriceTierId(uuid4()), name="All", price=Money(8000, "EUR"), section_ids=(layout.sections[0].id,)
            )
            await ReplacePriceTiers(seating, clock)(plan.id, [tier], expected_version=None, caller=MANAGER)
            plans.append(plan.id)
        async with operation_workers(venue_db) as workers:
            yield Season(world, seating, workers, plans)


@pytest.mark.timeout(60 + 5 * min(KILLS, 200))
async def test_wherever_a_worker_is_killed_the_next_one_ends_it_as_if_nobody_had_died(season: Season) -> None:
    undisturbed = await season.started()
    whole = await season.worker(undisturbed)
    assert not whole.killed
    model, plans, told = await season.stands(undisturbed)
    assert (model.status, told) == (OperationStatus.COMPLETED, PLANS)
    for place in spread(whole.points):
        operation_id = await season.started()
        assert (await season.worker(operation_id, place)).killed
        left = await season.world.stands(operation_id)
        if left.is_live:
            assert not (await season.worker(operation_id)).killed
            season.world.clock.move(seconds=LEASE.total_seconds())
            await season.worker(operation_id)
        after, now, told = await season.stands(operation_id)
        assert (after.status, after.tries, after.error, told) == (OperationStatus.COMPLETED, 0, None, PLANS), place
        assert list(after.checkpoints) == list(model.checkpoints)
        assert after.checkpoints["apply"].result == model.checkpoints["apply"].result
        assert now == [(version + 1, {season.amount}, season.amount) for version, _, _ in plans], place
        plans = now

"""Workers on a plan change that are killed at every boundary of a step and inside each: whoever has a seat keeps it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.postgres.operations import PostgresDueOperations, PostgresOperationTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.operations.operation import LEASE, OperationStatus
from core.seating.grid import GridSection
from core.seating.seats import Available, SeatState, Sold
from core.shared.ids import OperationId, PlanId, ReservationId
from ports.published.seating import PlanChanged, SeatsMoved
from tests.operation_workers import KILLS, Workers, operation_workers, spread
from tests.operations_world import Stores
from tests.plan_change_world import House
from tests.seating_world import SeatingStores, postgres_stores

SMALLER, BALCONY = GridSection("Stalls", 2, 4), GridSection("Balcony", 1, 3)


@dataclass
class Street:
    """Houses on one database, and the workers."""

    stores: SeatingStores
    operations: Stores
    workers: Workers
    clock: MemoryClock

    async def changed(self, place: int) -> tuple[int, "Ending"]:
        """Change a house of its own, its worker killed there; return the points it came by, and how all ended."""
        house = await House(self.stores, Uuid7Source(), self.clock, self.operations).open()
        kept, moved = await house.sold("R1S1"), await house.sold("R1S5")
        held = await house.held("R2S5")
        new, layout = await house.draft(SMALLER, BALCONY)
        operation_id = await house.started(house.params(new, (house.seat("R1S5"), house.seat("R2S4", layout))))
        first = await self.workers.work(operation_id, now=self.clock.now(), place=place)
        assert first.killed == bool(place)
        if (await house.world.stands(operation_id)).is_live:
            assert not (await self.workers.work(operation_id, now=self.clock.now())).killed
            self.clock.move(seconds=LEASE.total_seconds())
            assert not (await self.workers.work(operation_id, now=self.clock.now())).killed
        operation = await house.world.stands(operation_id)
        plan, seats = await house.stands()
        named = {kept.id: "kept", moved.id: "moved", held.id: "held"}
        return first.points, Ending(
            (operation.status, operation.tries, operation.error),
            tuple(operation.checkpoints),
            (plan.version_number, plan.changing_by, plan.seats_version),
            tuple(sorted((seat.label, _owner(state, named)) for seat, state in seats)),
            (await house.entry(held.id)).status.value,
            await self.told(house.plan.id, operation_id),
        )

    async def told(self, plan_id: PlanId, operation_id: OperationId) -> dict[str, int]:
        """Return how often each event of the change was written down."""
        admin = await asyncpg.connect(self.workers.database.admin_url)
        try:
            rows = await admin.fetch(
                "select event_type, count(*) from outbox where event_type = any($1)"
                " and (payload::text like '%' || $2 || '%' or payload::text like '%' || $3 || '%') group by 1",
                [PlanChanged.event_type, SeatsMoved.event_type],
                str(plan_id),
                str(operation_id),
            )
        finally:
            await admin.close()
        return {row["event_type"]: row["count"] for row in rows}


@dataclass(frozen=True)
class Ending:
    """How a change ended: the operation, its steps, the plan, whose each seat is, the hold, and the events."""

    operation: tuple[OperationStatus, int, object]
    steps: tuple[str, ...]
    plan: tuple[int | None, UUID | None, int]
    seats: tuple[tuple[str, str], ...]
    hold: str
    told: dict[str, int]


def _owner(state: SeatState, named: dict[ReservationId, str]) -> str:
    match state:
        case Available():
            return "free"
        case Sold(reservation_id):
            return f"sold, {named[reservation_id]}"
        case _:
            return type(state).__name__


@pytest.fixture
async def street(venue_db: Database) -> AsyncIterator[Street]:
    ids = Uuid7Source()
    async with (
        postgres_stores(venue_db) as stores,
        await open_pool(venue_db.app_url, connections_max=1) as app,
        await open_pool(venue_db.relay_url, connections_max=1) as relay,
        operation_workers(venue_db) as workers,
    ):
        operations = Stores(PostgresOperationTransactions(app, ids), PostgresDueOperations(relay), ids)
        yield Street(stores, operations, workers, MemoryClock())


@pytest.mark.timeout(60 + 5 * min(KILLS, 200))
async def test_wherever_a_worker_is_killed_everybody_keeps_a_seat_as_if_nobody_had_died(street: Street) -> None:
    points, model = await street.changed(0)
    assert model.operation == (OperationStatus.COMPLETED, 0, None)
    assert {("R1S1", "sold, kept"), ("R2S4", "sold, moved")} <= set(model.seats)
    assert model.told == {PlanChanged.event_type: 1, SeatsMoved.event_type: 1}
    for place in spread(points):
        _, ending = await street.changed(place)
        assert ending == model, place

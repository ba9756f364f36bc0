"""A plan on sale on PostgreSQL, whose buyers all ask at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from adapters.memory.clock import MemoryClock
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.ids import Uuid7Source
from core.seating.layout import Layout
from core.seating.ledger import Change
from core.seating.plans import SeatingPlan
from core.seating.reservations import HoldRequest
from core.shared.errors import DomainError
from core.shared.ids import ReservationId, SeatId, TenantId
from tests.seating_world import a_buyer, a_plan, a_request, a_tenant, granting
from tests.servers import PostgresServer, connected
from usecases.seating.grant_hold import GrantHold

NOW = MemoryClock().now()
IDS = Uuid7Source()
LOCK = """
insert into seat_states (tenant_id, plan_id, seat_id, status)
select tenant_id, plan_id, id, 'AVAILABLE' from seats where id = any($1::uuid[]) order by id
    on conflict (tenant_id, plan_id, seat_id) do update set status = excluded.status where false
"""
"""Locks the state of seats, whether there is a row of it or not."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A tenant with a plan on sale, the holds of one process, and the ways past them."""

    pool: Pool
    admin_url: str
    tenant: TenantId
    plan: SeatingPlan
    layout: Layout

    @property
    def transactions(self) -> PostgresSeatingTransactions:
        return PostgresSeatingTransactions(self.pool, IDS)

    @property
    def alone(self) -> GrantHold:
        """Return the holds of a process that makes each by itself."""
        return granting(PostgresHolds(self.pool, IDS, self.transactions), self.transactions)

    def process(self, *, waiting_max: int = 1_000) -> GrantHold:
        """Return the holds of a process that makes them in batches."""
        alone = PostgresHolds(self.pool, IDS, self.transactions)
        return granting(BatchedHolds(self.pool, IDS, alone=alone, waiting_max=waiting_max), self.transactions)

    def wish(self, *places: int, id: ReservationId | None = None) -> HoldRequest:
        seats = tuple(self.layout.seats[place].id for place in places)
        return a_request(self.plan, seats, by=a_buyer(self.tenant), reservation_id=id)

    async def stored(self) -> dict[SeatId, ReservationId]:
        """Return who has which seat; each seat that is held must be an item of its reservation."""
        async with connected(self.admin_url) as admin:
            items = await admin.fetch("select seat_id, reservation_id from seat_reservation_items")
            held = await admin.fetch("select seat_id, reservation_id from seat_states where status = 'HELD'")
        assert set(map(tuple, held)) <= set(map(tuple, items))
        return {row["seat_id"]: row["reservation_id"] for row in held}

    async def forget_holds(self) -> None:
        async with connected(self.admin_url) as admin:
            await admin.execute("truncate seat_reservations, seat_reservation_items, seat_states")

    @asynccontextmanager
    async def in_the_way(self) -> AsyncIterator[None]:
        """Keep all seats locked for the length of the block, so that a batch is under way and does not end."""
        async with connected(self.admin_url) as admin, locked(admin, [seat.id for seat in self.layout.seats]):
            yield

    async def waits(self) -> None:
        """Return when a statement waits for a lock."""
        async with connected(self.admin_url) as admin, asyncio.timeout(10):
            while not await admin.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def locked(admin: "asyncpg.Connection[asyncpg.Record]", seat_ids: Sequence[SeatId]) -> AsyncIterator[None]:
    """Lock seats for the length of the block, and leave everything as it was: a row that is added is taken back."""
    transaction = admin.transaction()
    await transaction.start()
    try:
        await admin.execute(LOCK, seat_ids)
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def on_sale(postgres: PostgresServer, *, connections_max: int = 4) -> AsyncIterator[Sale]:
    database = await postgres.fresh("venue_db")
    plan, layout = a_plan(rows=4, columns=10)
    async with await open_pool(database.app_url, connections_max=connections_max) as pool:
        sale = Sale(pool, database.admin_url, a_tenant(), plan, layout)
        async with PostgresSeatingTransactions(pool, IDS).begin(sale.tenant) as tx:
            await tx.plans.add(plan, layout)
        yield sale


async def answer_of(work: asyncio.Task[Change]) -> object:
    try:
        return await work
    except DomainError as refusal:
        return (refusal.code, refusal.message, refusal.problems)


async def answers(
    grant: GrantHold, tenant: TenantId, wishes: list[HoldRequest], *, now: datetime = NOW
) -> list[object]:
    """Ask for all at once."""
    asked = [asyncio.create_task(grant(tenant, wish, now=now)) for wish in wishes]
    return [await answer_of(work) for work in asked]

"""Holds through the use case on PostgreSQL, beside what the same server does when nothing but the bare work is asked.

Use case, driver and callers share one process and one event loop, as they do in the API's process.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from uuid import UUID, uuid4

import asyncpg

from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.ids import Uuid7Source
from core.seating.grid import lay_out_grid
from core.seating.layout import with_ids
from core.seating.plans import AssignmentMode, OrphanRule, PlanStatus, PricingMode, SeatingPlan
from core.shared.callers import Caller
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId, TicketId, VenueId
from core.shared.money import Money
from ports.seating import SeatingTransactions
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.audit import Audit, audit
from tests.benchmarks.callers import drive
from tests.benchmarks.hall import SEATS, fours, sections
from tests.benchmarks.settling import settle
from usecases.seating.catalogues import Catalogues
from usecases.seating.grant_hold import GrantHold
from usecases.seating.hold_seats import HoldSeats

_IDS = Uuid7Source()
_PRICE_MINOR = 4500
_HOLD_TTL_S = 3600
CONNECTIONS_MAX = 10
"""As a service has them unless it is told otherwise (FAIRSEAT_VENUE_DATABASE_CONNECTIONS_MAX)."""
LIMIT_CONNECTIONS_MAX = 64
"""More connections than that get no more out of two cores, and PostgreSQL has an end of them."""

LIMIT_TABLES = """
create table bench_rows (id integer primary key, touched bigint not null) with (fillfactor = 90);
insert into bench_rows select n, 0 from generate_series(1, 20000) n;
create table bench_seats (id uuid primary key, status text not null, holder uuid) with (fillfactor = 90);
"""


@dataclass(frozen=True, slots=True)
class AdapterRun:
    """One level of concurrency: holds one by one and in batches, and the two limits, all within a minute."""

    one_row: Measured
    four_seats: Measured
    holds: Measured
    batched: Measured
    audit: Audit


@dataclass(slots=True)
class _Granted:
    """What callers were told that they have, warm-up included."""

    holds: int = 0
    plans: int = 0


class _Lane:
    """A connection that callers use in turn."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def execute(self, statement: str, *values: object) -> str:
        async with self._turn:
            return await self._connection.execute(statement, *values)


async def measure_adapter(database: Database, *, levels: Sequence[int], seconds_max: float) -> list[AdapterRun]:
    """Measure each level of concurrency on a plan of its own."""
    await _make_limit_tables(database)
    granted = _Granted()
    return [await _level(database, granted, callers=callers, seconds_max=seconds_max) for callers in levels]


async def _level(database: Database, granted: _Granted, *, callers: int, seconds_max: float) -> AdapterRun:
    async with _connections(database.app_url, min(callers, LIMIT_CONNECTIONS_MAX)) as connections:
        lanes = [_Lane(connection) for connection in connections]
        one_row = await _one_row(lanes, callers=callers, seconds_max=seconds_max)
        four_seats = await _four_seats(lanes, database, callers=callers, seconds_max=seconds_max)
    holds = await _holds(database, granted, callers=callers, seconds_max=seconds_max, batching=False)
    batched = await _holds(database, granted, callers=callers, seconds_max=seconds_max, batching=True)
    checked = await audit(
        database.admin_url,
        what=f"use case, {callers} callers",
        seats=granted.plans * SEATS,
        holds=granted.holds,
    )
    return AdapterRun(one_row, four_seats, holds, batched, checked)


async def _one_row(lanes: Sequence[_Lane], *, callers: int, seconds_max: float) -> Measured:
    """Update one row and commit, in one round trip: what pgbench would do."""

    async def ask(number: int, row: int) -> None:
        await lanes[number % len(lanes)].execute("update bench_rows set touched = touched + 1 where id = $1", row)

    # Steps of a number without a common factor with 20,000 come to every row before they come to one twice.
    rows = (1 + n * 7_919 % 20_000 for n in count())
    return await drive(ask, rows, callers=callers, seconds_max=seconds_max)


async def _four_seats(lanes: Sequence[_Lane], database: Database, *, callers: int, seconds_max: float) -> Measured:
    """Take four free rows if they are free, and commit: no tenant, no reservation, no items, no event, no pool."""
    seats = [_IDS.new() for _ in range(SEATS)]
    async with _connections(database.admin_url, 1) as (admin,):
        await admin.execute("truncate bench_seats")
        await admin.execute(
            "insert into bench_seats select id, 'AVAILABLE', null from unnest($1::uuid[]) id",
            seats,
        )
    await settle(database.admin_url, "bench_seats")

    async def ask(number: int, four: tuple[UUID, ...]) -> None:
        status = await lanes[number % len(lanes)].execute(
            "update bench_seats set status = 'HELD', holder = $2 where id = any($1::uuid[]) and status = 'AVAILABLE'",
            list(four),
            uuid4(),
        )
        assert status == "UPDATE 4", status

    return await drive(ask, fours(seats, seed=callers), callers=callers, seconds_max=seconds_max)


async def _holds(
    database: Database, granted: _Granted, *, callers: int, seconds_max: float, batching: bool
) -> Measured:
    async with await open_pool(database.app_url, connections_max=min(callers, CONNECTIONS_MAX)) as pool:
        transactions = PostgresSeatingTransactions(pool, _IDS)
        alone = PostgresHolds(pool, _IDS, transactions)
        holds = BatchedHolds(pool, _IDS, alone=alone) if batching else alone
        grant = GrantHold(holds, transactions, Catalogues(transactions))
        hold_seats = HoldSeats(grant, RandomHoldTokens(), SystemClock())
        tenant_id = TenantId(_IDS.new())
        plan_id, seat_ids = await _plan_on_sale(transactions, tenant_id)
        granted.plans += 1
        await settle(database.admin_url, "seats")

        async def ask(_number: int, four: tuple[SeatId, ...]) -> None:
            buyer = Caller(AccountId(uuid4()), tenant_id)
            await hold_seats(plan_id, ReservationId(uuid4()), four, caller=buyer)
            granted.holds += 1

        dealt = (tuple(SeatId(id) for id in four) for four in fours(seat_ids, seed=callers))
        return await drive(ask, dealt, callers=callers, seconds_max=seconds_max)


async def _plan_on_sale(transactions: SeatingTransactions, tenant_id: TenantId) -> tuple[PlanId, list[SeatId]]:
    draft = lay_out_grid(sections())
    layout = with_ids(draft, new_id=_IDS.new, price_minor=_PRICE_MINOR)
    now = SystemClock().now()
    plan = SeatingPlan(
        id=PlanId(_IDS.new()),
        venue_id=VenueId(_IDS.new()),
        ticket_id=TicketId(_IDS.new()),
        name="Benchmark",
        status=PlanStatus.ACTIVE,
        assignment_mode=AssignmentMode.MANUAL,
        pricing_mode=PricingMode.SINGLE,
        orphan_rule=OrphanRule.OFF,
        seats_max_per_order=10,
        max_per_user=10,
        ticket_price=Money(_PRICE_MINOR, "EUR"),
        hold_ttl_s=_HOLD_TTL_S,
        sections_count=len(layout.sections),
        seats_count=SEATS,
        seats_without_tier=SEATS,
        categories=draft.categories,
        layout=draft.drawing,
        warnings=(),
        version=1,
        created_at=now,
        updated_at=now,
    )
    async with transactions.begin(tenant_id) as tx:
        await tx.plans.add(plan, layout)
    return plan.id, [seat.id for seat in layout.seats]


async def _make_limit_tables(database: Database) -> None:
    async with _connections(database.admin_url, 1) as (admin,):
        await admin.execute(LIMIT_TABLES)
        await admin.execute(f"grant select, update on bench_rows, bench_seats to {database.roles.app}")


@asynccontextmanager
async def _connections(url: str, number: int) -> AsyncIterator[list["asyncpg.Connection[asyncpg.Record]"]]:
    opened = [await asyncpg.connect(url) for _ in range(number)]
    try:
        yield opened
    finally:
        await asyncio.gather(*(connection.close() for connection in opened))

"""Where holds without HTTP are measured: a venue_db with halls that can be put on sale again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from core.seating.grid import lay_out_grid
from core.seating.layout import with_ids
from core.seating.plans import AssignmentMode, OrphanRule, PlanStatus, PricingMode, SeatingPlan
from core.shared.ids import PlanId, SeatId, TenantId, TicketId, VenueId
from core.shared.money import Money
from tests.benchmarks.hall import sections
from tests.benchmarks.settling import settle

_IDS = Uuid7Source()
_PRICE_MINOR = 4500
HOLD_TTL_S = 3600
_KEEP = """
create unlogged table bench_seats as table seats with no data;
alter table seats disable trigger user;
alter table sections disable trigger user
"""
"""Halls on sale are copied and filled anew, which the database would refuse of published plans."""


@dataclass(frozen=True, slots=True)
class Hall:
    """A plan on sale, with its seats in the order of the hall."""

    plan_id: PlanId
    seat_ids: list[SeatId]

    @property
    def seats(self) -> int:
        return len(self.seat_ids)


class Stage:
    """Halls of one tenant. Their seats are kept beside, so that each run begins with tables that hold nothing else."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenant_id = TenantId(_IDS.new())

    async def prepare(self) -> None:
        """Make the table that keeps the seats."""
        await self.execute(_KEEP)

    async def build(self, seats: int) -> Hall:
        """Store a plan as `CreatePlan` does, on sale; its seats come with `open`."""
        draft = lay_out_grid(sections(seats))
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
            hold_ttl_s=HOLD_TTL_S,
            sections_count=len(layout.sections),
            seats_count=seats,
            seats_without_tier=seats,
            categories=draft.categories,
            layout=draft.drawing,
            warnings=(),
            version=1,
            created_at=now,
            updated_at=now,
            version_number=1,
        )
        async with (
            await open_pool(self.database.app_url, connections_max=1) as pool,
            PostgresSeatingTransactions(pool, _IDS).begin(self.tenant_id) as tx,
        ):
            await tx.plans.add(plan, layout)
        await self.execute("insert into bench_seats select * from seats order by id; truncate seats")
        return Hall(plan.id, [seat.id for seat in layout.seats])

    async def copy(self, hall: Hall) -> Hall:
        """Store another plan like this one, with its own ids, without laying it out again."""
        copy = Hall(PlanId(_IDS.new()), [SeatId(_IDS.new()) for _ in hall.seat_ids])
        connection = await asyncpg.connect(self.database.admin_url)
        try:
            old = await connection.fetch("select id from sections where plan_id = $1", hall.plan_id)
            old_sections = [row["id"] for row in old]
            new_sections = [_IDS.new() for _ in old_sections]
            columns = await columns_of(connection, "seating_plans", id="$2", ticket_id="$3")
            await connection.execute(
                f"insert into seating_plans select {columns} from seating_plans t where t.id = $1",
                hall.plan_id,
                copy.plan_id,
                TicketId(_IDS.new()),
            )
            columns = await columns_of(connection, "sections", id="n.new", plan_id="$1")
            await connection.execute(
                f"insert into sections select {columns} from sections t"
                "  join unnest($2::uuid[], $3::uuid[]) as n (old, new) on n.old = t.id",
                copy.plan_id,
                old_sections,
                new_sections,
            )
            columns = await columns_of(connection, "bench_seats", id="i.new", plan_id="$1", section_id="n.new")
            await connection.execute(
                f"insert into bench_seats select {columns} from bench_seats t"
                "  join unnest($2::uuid[], $3::uuid[]) as n (old, new) on n.old = t.section_id"
                "  join unnest($4::uuid[], $5::uuid[]) as i (old, new) on i.old = t.id order by i.new",
                copy.plan_id,
                old_sections,
                new_sections,
                hall.seat_ids,
                copy.seat_ids,
            )
        finally:
            await connection.close()
        return copy

    async def open(self, halls: Sequence[Hall]) -> None:
        """Let the tables hold these halls, all seats free, and nothing of any run before."""
        await self.execute("truncate seats, seat_states, seat_reservations, seat_reservation_items, outbox")
        for hall in halls:
            await self.execute(
                "insert into seats select * from bench_seats where plan_id = $1 order by id", hall.plan_id
            )
        await settle(self.database.admin_url, "seats")

    async def deadlocks(self) -> int:
        """Return how many deadlocks PostgreSQL has broken in this database."""
        connection = await asyncpg.connect(self.database.admin_url)
        try:
            return int(
                await connection.fetchval("select deadlocks from pg_stat_database where datname = current_database()")
            )
        finally:
            await connection.close()

    async def execute(self, statement: str, *values: UUID) -> None:
        """Run a statement as the superuser."""
        connection = await asyncpg.connect(self.database.admin_url)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()


async def columns_of(connection: "asyncpg.Connection[asyncpg.Record]", table: str, **instead: str) -> str:
    """Return what to select to get rows like those of the table, which is called t, but for some columns."""
    rows = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped"
        " order by attnum",
        table,
    )
    return ", ".join(instead.get(row["attname"], f"t.{row['attname']}") for row in rows)

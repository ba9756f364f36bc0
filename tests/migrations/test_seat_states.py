"""Whose each seat is moves to a table of its own with the migration, there and back, on rows as they were."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from adapters.postgres.migrator import Database, downgrade, migrate
from tests.servers import PostgresServer, connected

type Facts = tuple[str, UUID | None, datetime | None, str | None]

BEFORE = "venue_0027"
TENANTS = uuid4(), uuid4()
PLANS = uuid4(), uuid4()
OWNER = uuid4()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RETIRED = "retired by a plan change"
STATES: dict[str, Facts] = {
    "available": ("AVAILABLE", None, None, None),
    "held": ("HELD", OWNER, NOON, None),
    "reserved": ("RESERVED", OWNER, NOON, None),
    "sold": ("SOLD", OWNER, None, None),
    "blocked": ("BLOCKED", None, None, "camera"),
    "blocked until noon": ("BLOCKED", None, NOON, "camera"),
    "retired": ("BLOCKED", None, None, RETIRED),
}
"""What a seat of each kind said before: status, reservation, end and reason."""
AFTER: dict[str, Facts | None] = {**STATES, "available": None, "retired": ("RETIRED", None, None, None)}
"""What its row says afterwards, if it has one."""
SEAT = """
insert into seats (tenant_id, plan_id, id, section_id, guid, seat_label, row_label, seat_number, column_number, x, y,
                   attributes, price_minor, status, reservation_id, held_until, block_reason, retired_at)
values ($1, $2, $3, $1, $3::uuid::text, $4, 'R1', '1', 1, 0, 0, '{}', 7500, $5, $6, $7, $8, $9)
"""
TOLD = "select tenant_id, plan_id, id, status, reservation_id, held_until, block_reason from seats"
TOLD_AFTER = "select tenant_id, plan_id, seat_id, status, reservation_id, held_until, block_reason from seat_states"
RETIRED_SEATS = "select id from seats where retired_at = $1"

type Seats = dict[UUID, tuple[UUID, UUID, str]]
"""Seats with their tenant, their plan, and what kind of state they are in."""

CATALOGUE = (
    """
    select c.relname, a.attname, a.atttypid::regtype::text, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), c.reloptions
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')
    """,
    """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
     where connamespace = 'public'::regnamespace
    """,
    "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    "select oid::regprocedure::text, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace",
    "select tablename, policyname, roles::text[], cmd, qual, with_check from pg_policies",
    """
    select c.oid::regclass::text, a.grantee::text, a.privilege_type
      from pg_class c cross join lateral aclexplode(c.relacl) a where c.relnamespace = 'public'::regnamespace
    """,
    """
    select c.attrelid::regclass::text, c.attname, a.grantee::text, a.privilege_type
      from pg_attribute c cross join lateral aclexplode(c.attacl) a
     where c.attrelid >= 16384 and not c.attisdropped
    """,
    """
    select p.oid::regprocedure::text, a.grantee::text, a.privilege_type
      from pg_proc p cross join lateral aclexplode(p.proacl) a where p.pronamespace = 'public'::regnamespace
    """,
)
"""Tables with their columns, checks, triggers, functions, policies, and who may do what."""


async def store(database: Database) -> Seats:
    """Store a seat in each state, of two tenants with a plan each, as the migration before left them."""
    seats = {uuid4(): (tenant, plan, kind) for tenant, plan in zip(TENANTS, PLANS, strict=True) for kind in STATES}
    async with connected(database.admin_url) as admin:
        await admin.execute("set session_replication_role = replica")  # seats of no plan
        for seat, (tenant, plan, kind) in seats.items():
            retired_at = NOON if kind == "retired" else None
            await admin.execute(SEAT, tenant, plan, seat, kind, *STATES[kind], retired_at)
    return seats


async def told(database: Database, query: str) -> dict[tuple[UUID, UUID, UUID], Facts]:
    """Return what is said of each seat, by tenant, plan and seat."""
    async with connected(database.admin_url) as admin:
        return {(row[0], row[1], row[2]): (row[3], row[4], row[5], row[6]) for row in await admin.fetch(query)}


async def retired_seats(database: Database) -> set[UUID]:
    async with connected(database.admin_url) as admin:
        return {row["id"] for row in await admin.fetch(RETIRED_SEATS, NOON)}


async def catalogue(database: Database) -> list[list[str]]:
    async with connected(database.admin_url) as admin:
        return [sorted(str(tuple(row)) for row in await admin.fetch(query)) for query in CATALOGUE]


async def test_seats_keep_their_states_there_and_back_and_there(venue_db: Database) -> None:
    await downgrade(venue_db, revision=BEFORE)
    seats = await store(venue_db)
    before = {(tenant, plan, seat): STATES[kind] for seat, (tenant, plan, kind) in seats.items()}
    assert await told(venue_db, TOLD) == before
    rows = ((key, AFTER[seats[key[2]][2]]) for key in before)
    after = {key: facts for key, facts in rows if facts is not None}
    retired = {seat for seat, (_, _, kind) in seats.items() if kind == "retired"}

    for _ in range(2):
        await migrate(venue_db)
        assert await told(venue_db, TOLD_AFTER) == after
        assert await retired_seats(venue_db) == retired
        await downgrade(venue_db, revision=BEFORE)
        assert await told(venue_db, TOLD) == before
        assert await retired_seats(venue_db) == retired


async def test_what_is_left_of_a_lock_is_an_available_seat(venue_db: Database) -> None:
    await downgrade(venue_db, revision=BEFORE)
    seats = await store(venue_db)
    before = await told(venue_db, TOLD)
    await migrate(venue_db)
    async with connected(venue_db.admin_url) as admin:
        for seat, (tenant, plan, kind) in seats.items():
            if kind == "available":
                await admin.execute("insert into seat_states values ($1, $2, $3, 'AVAILABLE')", tenant, plan, seat)
    await downgrade(venue_db, revision=BEFORE)
    assert await told(venue_db, TOLD) == before


@pytest.fixture
async def young(postgres: PostgresServer) -> Database:
    """A database that was never newer than before the migration."""
    database = postgres.named("venue_db_young", of="venue_db")
    await migrate(database, revision=BEFORE)
    return database


async def test_checks_guards_and_rights_are_what_they_were_when_it_is_gone_back(young: Database) -> None:
    before = await catalogue(young)
    await migrate(young)
    after = await catalogue(young)
    assert after != before
    await downgrade(young, revision=BEFORE)
    assert await catalogue(young) == before
    await migrate(young)
    assert await catalogue(young) == after

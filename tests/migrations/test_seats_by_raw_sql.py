"""The database alone: what PostgreSQL refuses to the app role that speaks SQL of its own, past every rule of ours.

Each refusal stands beside the lawful form of the same statement, which passes.
"""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from tests.database_roles import Connection, act, refused
from tests.servers import connected

HALL, CLUB = uuid4(), uuid4()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)
TABLES = ("seating_plans", "sections", "seats", "seat_reservations", "seat_reservation_items", "seat_audit", "outbox")
SELL = "update seats set status = 'SOLD', reservation_id = $2, held_until = null where id = $1"
INSERT_ITEM = "insert into seat_reservation_items values ($1, $2, $3, $2, 'R1S1', 7500, $4)"
SOLD_ITEM = "update seat_reservation_items set sold = true where seat_id = $1 and reservation_id = $2"
HOLD = "update seats set status = 'HELD', reservation_id = $2, held_until = $3 where id = $1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of one tenant: a seat that is free, and one for each state, with the reservation that has it."""

    tenant: UUID
    id: UUID
    free: UUID
    blocked: UUID
    seats: dict[str, UUID]
    reservations: dict[str, UUID]


async def add_seat(app: Connection, tenant: UUID, plan: UUID, section: UUID) -> UUID:
    seat = uuid4()
    await app.execute(
        """
        insert into seats (tenant_id, plan_id, id, section_id, guid, seat_label, row_label, seat_number, column_number,
                           x, y, attributes, price_minor)
        values ($1, $2, $3, $4, $3::uuid::text, 'R1S1', 'R1', '1', 1, 0, 0, '{}', 7500)
        """,
        tenant,
        plan,
        seat,
        section,
    )
    return seat


async def add_reservation(app: Connection, tenant: UUID, plan: UUID, seat: UUID) -> UUID:
    """Hold a seat, in the lawful order of writing."""
    reservation = uuid4()
    await app.execute(
        """
        insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status, seats_count,
                                       currency, hold_ttl_s, held_at, ceiling_at, expires_at)
        values ($1, $2, $3, $3, $2, 'token', 'HELD', 1, 'EUR', 600, $4::timestamptz, $4 + interval '30 minutes', $5)
        """,
        tenant,
        reservation,
        plan,
        NOON,
        LATER,
    )
    await app.execute(HOLD, seat, reservation, LATER)
    await app.execute(INSERT_ITEM, tenant, reservation, seat, False)
    return reservation


async def open_plan(app: Connection, tenant: UUID) -> Plan:
    plan, section = uuid4(), uuid4()
    async with app.transaction():
        await act(app, tenant=tenant)
        await app.execute(
            """
            insert into seating_plans (
                tenant_id, id, venue_id, ticket_id, name, status, assignment_mode, pricing_mode, orphan_rule,
                seats_max_per_order, max_per_user, price_minor, currency, hold_ttl_s, sections_count, seats_count,
                seats_without_tier, categories, layout, warnings, version, created_at, updated_at)
            values ($1, $2, $2, $2, 'Plan', 'draft', 'manual', 'single', 'off', 10, 10, 7500, 'EUR', 600, 1, 5, 5,
                    '[]', '{}', '[]', 1, $3, $3)
            """,
            tenant,
            plan,
            NOON,
        )
        await app.execute("insert into sections values ($1, $2, $3, 'Stalls', 1, 5, 1)", tenant, section, plan)
        free, blocked = [await add_seat(app, tenant, plan, section) for _ in range(2)]
        seats = {state: await add_seat(app, tenant, plan, section) for state in ("HELD", "RESERVED", "SOLD")}
        await app.execute("update seating_plans set status = 'active', version_number = 1 where id = $1", plan)
        reservations = {state: await add_reservation(app, tenant, plan, seat) for state, seat in seats.items()}
        for state in ("RESERVED", "SOLD"):
            await app.execute(
                "update seat_reservations set status = 'RESERVED', order_id = $2 where id = $1",
                reservations[state],
                uuid4(),
            )
            await app.execute("update seats set status = 'RESERVED' where id = $1", seats[state])
        await app.execute(
            "update seat_reservations set status = 'SOLD', sold_at = $2 where id = $1", reservations["SOLD"], NOON
        )
        await app.execute(SELL, seats["SOLD"], reservations["SOLD"])
        await app.execute(SOLD_ITEM, seats["SOLD"], reservations["SOLD"])
        await app.execute("update seats set status = 'BLOCKED', block_reason = 'camera' where id = $1", blocked)
        await app.execute(
            "insert into seat_audit (tenant_id, seat_id, plan_id, deed, account_id, reason, at)"
            " values ($1, $2, $3, 'blocked', $4, 'camera', $5)",
            tenant,
            blocked,
            plan,
            uuid4(),
            NOON,
        )
        await app.execute(
            "insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at)"
            " values ($1, $2, $1, 'seating.seats_held', '{}', $3)",
            uuid4(),
            tenant,
            NOON,
        )
    return Plan(tenant, plan, free, blocked, seats, reservations)


@pytest.fixture
async def app(venue_db: Database) -> AsyncIterator[Connection]:
    """The app role, which the superuser's rights do not help."""
    async with connected(venue_db.app_url) as connection:
        yield connection


@pytest.fixture
async def hall(app: Connection) -> AsyncIterator[Plan]:
    """The hall's plan, in a transaction of the hall; the club has a plan as well."""
    await open_plan(app, CLUB)
    plan = await open_plan(app, HALL)
    async with app.transaction():
        await act(app, tenant=HALL)
        yield plan


async def violates(app: Connection, constraint: str, statement: str, *arguments: object) -> None:
    """Check that the statement fails for this constraint; the transaction that is open goes on."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        async with app.transaction():
            await app.execute(statement, *arguments)
    assert getattr(refusal.value, "constraint_name", None) == constraint


async def passes(app: Connection, statement: str, *arguments: object) -> None:
    """Check that the lawful form changes one row, and undo it."""
    undone = app.transaction()
    await undone.start()
    assert (await app.execute(statement, *arguments)).endswith(" 1")
    await undone.rollback()


async def test_a_seat_is_sold_once(app: Connection, hall: Plan) -> None:
    other, sold = uuid4(), hall.seats["SOLD"]
    await violates(app, "seat_reservation_items_one_sale", INSERT_ITEM, HALL, other, sold, True)
    await passes(app, INSERT_ITEM, HALL, other, sold, False)
    for free in (hall.free, hall.seats["HELD"], hall.seats["RESERVED"]):
        await passes(app, INSERT_ITEM, HALL, other, free, True)
    await app.execute(INSERT_ITEM, HALL, other, sold, False)
    await violates(app, "seat_reservation_items_one_sale", SOLD_ITEM, sold, other)
    await app.execute(
        "update seat_reservation_items set sold = false where reservation_id = $1", hall.reservations["SOLD"]
    )
    await passes(app, SOLD_ITEM, sold, other)


async def test_what_is_sold_is_not_sold_held_reserved_or_blocked_before_it_was_given_back(
    app: Connection, hall: Plan
) -> None:
    sold, other = hall.seats["SOLD"], hall.reservations["HELD"]
    await violates(app, "seats_sold_stay", SELL, sold, other)
    await violates(app, "seats_sold_stay", HOLD, sold, other, LATER)
    await violates(app, "seats_sold_stay", HOLD, sold, hall.reservations["SOLD"], LATER)
    await violates(app, "seats_sold_stay", "update seats set reservation_id = $2 where id = $1", sold, other)
    reserve = "update seats set status = 'RESERVED', held_until = $2 where id = $1"
    await violates(app, "seats_sold_stay", reserve, sold, LATER)
    block = "update seats set status = 'BLOCKED', reservation_id = null, block_reason = 'camera' where id = $1"
    await violates(app, "seats_sold_stay", block, sold)
    await passes(app, SELL, sold, hall.reservations["SOLD"])
    await passes(app, SELL, hall.seats["RESERVED"], hall.reservations["RESERVED"])
    await app.execute("update seats set status = 'AVAILABLE', reservation_id = null where id = $1", sold)
    await passes(app, HOLD, sold, other, LATER)


async def test_a_seat_that_is_taken_names_its_reservation_and_its_end(app: Connection, hall: Plan) -> None:
    held = hall.reservations["HELD"]
    await violates(app, "seats_reservation", HOLD, hall.free, None, LATER)
    await violates(app, "seats_held_until", HOLD, hall.free, held, None)
    await violates(app, "seats_reservation", SELL, hall.free, None)
    await passes(app, HOLD, hall.free, held, LATER)
    await passes(app, SELL, hall.free, held)


@pytest.mark.parametrize(
    ("constraint", "state", "change"),
    [
        ("seats_status", "HELD", "status = 'LOST', reservation_id = null"),
        ("seats_reservation", "HELD", "status = 'AVAILABLE', held_until = null"),
        ("seats_no_end", "HELD", "status = 'AVAILABLE', reservation_id = null"),
        ("seats_no_end", "RESERVED", "status = 'SOLD'"),
        ("seats_block_reason", "HELD", "status = 'BLOCKED', reservation_id = null"),
        ("seats_block_reason", "HELD", "block_reason = 'camera'"),
        ("seats_price", "HELD", "price_minor = -1"),
    ],
)
async def test_a_state_that_makes_no_sense_is_refused(
    app: Connection, hall: Plan, constraint: str, state: str, change: str
) -> None:
    await violates(app, constraint, f"update seats set {change} where id = $1", hall.seats[state])


@pytest.mark.parametrize(
    ("constraint", "state", "change"),
    [
        ("seat_reservations_status", "HELD", "status = 'LOST'"),
        ("seat_reservations_order", "HELD", "status = 'RESERVED'"),
        ("seat_reservations_sold", "RESERVED", "status = 'SOLD'"),
        ("seat_reservations_hold", "HELD", "expires_at = ceiling_at + interval '1 microsecond'"),
        ("seat_reservations_hold", "HELD", "order_id = id"),
        ("seat_reservations_moves", "HELD", "status = 'SOLD', order_id = id, sold_at = held_at"),
        ("seat_reservations_moves", "SOLD", "status = 'EXPIRED'"),
        ("seat_reservations_moves", "SOLD", "status = 'RESERVED'"),
        ("seat_reservations_moves", "SOLD", "order_id = id"),
        ("seat_reservations_moves", "SOLD", "status = 'RELEASED', sold_at = null"),
        ("seat_reservations_moves", "SOLD", "sold_at = sold_at + interval '1 second'"),
        ("seat_reservations_count", "RESERVED", "seats_count = seats_count + 1"),
        ("seat_reservations_count", "SOLD", "seats_count = seats_count + 1"),
        ("seat_reservations_count", "SOLD", "seats_count = seats_count + 1, status = 'RELEASED'"),
        ("seat_reservations_seats", "SOLD", "seats_count = 0"),
        ("seat_reservations_moves", "RESERVED", "order_id = id"),
        ("seat_reservations_hold", "RESERVED", "status = 'HELD'"),
        ("seat_reservations_moves", "RESERVED", "status = 'HELD', order_id = null"),
    ],
)
async def test_an_entry_of_the_ledger_moves_as_reservations_do(
    app: Connection, hall: Plan, constraint: str, state: str, change: str
) -> None:
    await violates(app, constraint, f"update seat_reservations set {change} where id = $1", hall.reservations[state])


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("HELD", "status = 'RESERVED', order_id = id, expires_at = ceiling_at + interval '1 hour'"),
        ("HELD", "expires_at = ceiling_at"),
        ("HELD", "status = 'EXPIRED'"),
        ("RESERVED", "status = 'SOLD', sold_at = held_at"),
        ("RESERVED", "status = 'RELEASED'"),
        ("SOLD", "status = 'RELEASED'"),
        ("SOLD", "status = 'SOLD'"),
    ],
)
async def test_lawful_moves_of_an_entry_pass(app: Connection, hall: Plan, state: str, change: str) -> None:
    await passes(app, f"update seat_reservations set {change} where id = $1", hall.reservations[state])


async def test_what_has_ended_is_claimed_once_more_by_its_own_order_and_by_no_other_way(
    app: Connection, hall: Plan
) -> None:
    entry = hall.reservations["RESERVED"]
    await app.execute("update seat_reservations set status = 'EXPIRED' where id = $1", entry)
    for change in ("status = 'RESERVED'", "status = 'RELEASED'", "status = 'SOLD', order_id = id, sold_at = held_at"):
        await violates(app, "seat_reservations_moves", f"update seat_reservations set {change} where id = $1", entry)
    await passes(app, "update seat_reservations set status = 'SOLD', sold_at = held_at where id = $1", entry)


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_is_read_or_written_of_another_tenant_or_of_none(app: Connection, hall: Plan, table: str) -> None:
    seen = await app.fetch(f"select tenant_id from {table}")
    assert {row["tenant_id"] for row in seen} == {HALL}
    changed = {
        "seat_reservation_items": "sold = sold",
        "seat_reservations": "status = status",
        "seats": "status = status",
        "sections": "price_tier_id = price_tier_id",
    }
    for tenant in (None, uuid4()):
        async with app.transaction():
            await act(app, tenant=tenant)
            assert await app.fetchval(f"select count(*) from {table}") == 0
            if table != "seat_audit":
                change = changed.get(table, "tenant_id = tenant_id")
                assert await app.execute(f"update {table} set {change}") == "UPDATE 0"
    await act(app, tenant=HALL)


@pytest.mark.parametrize("table", TABLES)
async def test_no_row_is_written_under_another_tenant(app: Connection, hall: Plan, table: str) -> None:
    columns = await app.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped"
        " and attidentity = '' and attname <> 'tenant_id'",
        table,
    )
    names = ", ".join(row["attname"] for row in columns)
    copied = f"insert into {table} (tenant_id, {names}) select $1, {names} from {table}"
    await refused(app, copied, CLUB)
    with pytest.raises(asyncpg.UniqueViolationError) if table != "seat_audit" else nullcontext():
        async with app.transaction():
            await app.execute(copied, HALL)  # ours, so that only the keys stand against it


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("seats", "tenant_id"),
        ("seats", "plan_id"),
        ("seats", "id"),
        ("seat_reservations", "tenant_id"),
        ("seat_reservations", "plan_id"),
        ("seat_reservations", "account_id"),
        ("seat_reservations", "token_sha256"),
        ("seat_reservations", "held_at"),
        ("seat_reservations", "ceiling_at"),
        ("seat_reservation_items", "tenant_id"),
        ("seat_reservation_items", "reservation_id"),
        ("seat_reservation_items", "seat_id"),
        ("seat_reservation_items", "price_minor"),
        ("seat_audit", "account_id"),
        ("seat_audit", "tenant_id"),
    ],
)
async def test_what_was_promised_and_whose_it_is_stays(app: Connection, hall: Plan, table: str, column: str) -> None:
    await refused(app, f"update {table} set {column} = {column}")


DESCRIBED = [
    ("seats", "section_id"),
    ("seats", "seat_label"),
    ("seats", "guid"),
    ("seats", "retired_at"),
    ("sections", "capacity"),
    ("sections", "display_order"),
    ("seat_reservation_items", "seat_label"),
    ("seat_reservation_items", "section_id"),
]


@pytest.mark.parametrize(("table", "column"), DESCRIBED)
async def test_seats_are_described_anew_only_while_their_plan_is_frozen(
    app: Connection, hall: Plan, table: str, column: str
) -> None:
    change = f"update {table} set {column} = {column}"
    with pytest.raises(asyncpg.RestrictViolationError):
        async with app.transaction():
            await app.execute(change)
    await app.execute("update seating_plans set changing_by = id")
    assert not (await app.execute(change)).endswith(" 0")
    await app.execute("update seating_plans set version_number = version_number + 1, changing_by = null")
    with pytest.raises(asyncpg.RestrictViolationError):
        async with app.transaction():
            await app.execute(change)


@pytest.mark.parametrize("state", ["HELD", "RESERVED", "SOLD", "AVAILABLE"])
async def test_a_retired_seat_is_blocked_for_good(app: Connection, hall: Plan, state: str) -> None:
    await app.execute("update seating_plans set changing_by = id")
    await app.execute(
        "update seats set status = 'BLOCKED', block_reason = 'gone', retired_at = now() where id = $1", hall.blocked
    )
    owner = "null" if state == "AVAILABLE" else "id"
    until = "now()" if state in {"HELD", "RESERVED"} else "null"
    change = f"status = '{state}', block_reason = null, reservation_id = {owner}, held_until = {until}"
    await violates(app, "seats_retired", f"update seats set {change} where id = $1", hall.blocked)


async def test_a_plan_moves_to_no_other_tenant(app: Connection, hall: Plan) -> None:
    await refused(app, "update seating_plans set tenant_id = $1", CLUB)
    await passes(app, "update seating_plans set status = 'inactive'")


@pytest.mark.parametrize("table", ["seats", "sections"])
async def test_no_seat_and_no_section_of_a_published_plan_is_deleted(app: Connection, hall: Plan, table: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        async with app.transaction():
            await app.execute(f"delete from {table}")
    await refused(app, f"truncate {table}")


@pytest.mark.parametrize("table", [table for table in TABLES if table not in {"outbox", "seats", "sections"}])
async def test_no_plan_and_no_line_of_the_ledger_or_audit_is_deleted(app: Connection, hall: Plan, table: str) -> None:
    await refused(app, f"delete from {table}")
    await refused(app, f"truncate {table}")


async def test_the_audit_is_added_to_and_never_changed(app: Connection, hall: Plan) -> None:
    await refused(app, "update seat_audit set reason = 'none'")
    columns = "tenant_id, seat_id, plan_id, deed, account_id, at"
    add = f"insert into seat_audit ({columns}) values ($1, $2, $2, 'unblocked', $2, $3)"
    await passes(app, add, HALL, hall.blocked, NOON)
    await refused(app, add, CLUB, hall.blocked, NOON)

"""The database alone: what PostgreSQL refuses to the app role that speaks SQL of its own, past every rule of ours.

Each refusal stands beside the lawful form of the same statement, which passes.
"""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from tests.database_roles import Connection, act, refused
from tests.hall_by_sql import CLUB, HALL, INSERT_ITEM, NOON, SOLD_ITEM, Plan, in_the_hall, passes, violates
from tests.servers import connected

TABLES = (
    "seating_plans",
    "sections",
    "seats",
    "seat_states",
    "seat_reservations",
    "seat_reservation_items",
    "seat_audit",
    "outbox",
)
DELETED = ("outbox", "seats", "seat_states", "sections")
"""What the app role may delete from; when, is another matter."""


@pytest.fixture
async def app(venue_db: Database) -> AsyncIterator[Connection]:
    """The app role, which the superuser's rights do not help."""
    async with connected(venue_db.app_url) as connection:
        yield connection


@pytest.fixture
async def hall(app: Connection) -> AsyncIterator[Plan]:
    """The hall's plan, in a transaction of the hall; the club has a plan as well."""
    async with in_the_hall(app) as plan:
        yield plan


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


async def test_a_seat_has_no_price_below_nothing(app: Connection, hall: Plan) -> None:
    change = "update seats set price_minor = $2 where id = $1"
    await violates(app, "seats_price", change, hall.free, -1)
    await passes(app, change, hall.free, 0)


@pytest.mark.parametrize(
    ("constraint", "state", "change"),
    [
        ("seat_reservations_status", "HELD", "status = 'LOST'"),
        ("seat_reservations_status", "HELD", "status = 'RESERVED'"),
        ("seat_reservations_status", "RESERVED", "status = 'SOLD'"),
        ("seat_reservations_status", "HELD", "expires_at = ceiling_at + interval '1 microsecond'"),
        ("seat_reservations_status", "HELD", "order_id = id"),
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
        ("seat_reservations_status", "RESERVED", "status = 'HELD'"),
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
        "seats": "price_minor = price_minor",
        "seat_states": "status = status",
        "sections": "price_tier_id = price_tier_id",
    }
    for tenant in (None, uuid4()):
        async with app.transaction():
            await act(app, tenant=tenant)
            assert await app.fetchval(f"select count(*) from {table}") == 0
            if table != "seat_audit":
                change = changed.get(table, "tenant_id = tenant_id")
                assert await app.execute(f"update {table} set {change}") == "UPDATE 0"
            if table in DELETED:
                assert await app.execute(f"delete from {table}") == "DELETE 0"
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
        ("seat_states", "tenant_id"),
        ("seat_states", "plan_id"),
        ("seat_states", "seat_id"),
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


async def test_a_plan_moves_to_no_other_tenant(app: Connection, hall: Plan) -> None:
    await refused(app, "update seating_plans set tenant_id = $1", CLUB)
    await passes(app, "update seating_plans set status = 'inactive'")


@pytest.mark.parametrize("table", ["seats", "sections"])
async def test_no_seat_and_no_section_of_a_published_plan_is_deleted(app: Connection, hall: Plan, table: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        async with app.transaction():
            await app.execute(f"delete from {table}")
    await refused(app, f"truncate {table}")


@pytest.mark.parametrize("table", [table for table in TABLES if table not in DELETED])
async def test_no_plan_and_no_line_of_the_ledger_or_audit_is_deleted(app: Connection, hall: Plan, table: str) -> None:
    await refused(app, f"delete from {table}")
    await refused(app, f"truncate {table}")


async def test_the_audit_is_added_to_and_never_changed(app: Connection, hall: Plan) -> None:
    await refused(app, "update seat_audit set reason = 'none'")
    columns = "tenant_id, seat_id, plan_id, deed, account_id, at"
    add = f"insert into seat_audit ({columns}) values ($1, $2, $2, 'unblocked', $2, $3)"
    await passes(app, add, HALL, hall.blocked, NOON)
    await refused(app, add, CLUB, hall.blocked, NOON)

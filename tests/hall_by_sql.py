"""A hall in plain SQL, for tests of what PostgreSQL alone allows the app role, past every rule of ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.database_roles import Connection, act

HALL, CLUB = uuid4(), uuid4()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)
STATE = """
insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until, block_reason)
select tenant_id, plan_id, id, $2::text, $3::uuid, $4::timestamptz, $5::text from seats where id = $1
"""
HOLD = """
insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until)
select tenant_id, plan_id, id, 'HELD', $2::uuid, $3::timestamptz from seats where id = $1
"""
SELL = "update seat_states set status = 'SOLD', reservation_id = $2, held_until = null where seat_id = $1"
FREE = "delete from seat_states where seat_id = $1"
INSERT_ITEM = "insert into seat_reservation_items values ($1, $2, $3, $2, 'R1S1', 7500, $4)"
SOLD_ITEM = "update seat_reservation_items set sold = true where seat_id = $1 and reservation_id = $2"


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


async def add_draft(app: Connection, tenant: UUID) -> tuple[UUID, UUID]:
    """Add the draft of a plan, with a section, and return both."""
    plan, section = uuid4(), uuid4()
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
    return plan, section


async def open_plan(app: Connection, tenant: UUID) -> Plan:
    async with app.transaction():
        await act(app, tenant=tenant)
        plan, section = await add_draft(app, tenant)
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
            await app.execute("update seat_states set status = 'RESERVED' where seat_id = $1", seats[state])
        await app.execute(
            "update seat_reservations set status = 'SOLD', sold_at = $2 where id = $1", reservations["SOLD"], NOON
        )
        await app.execute(SELL, seats["SOLD"], reservations["SOLD"])
        await app.execute(SOLD_ITEM, seats["SOLD"], reservations["SOLD"])
        await app.execute(STATE, blocked, "BLOCKED", None, None, "camera")
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


@asynccontextmanager
async def in_the_hall(app: Connection) -> AsyncIterator[Plan]:
    """Yield the hall's plan, in a transaction of the hall; the club has a plan as well."""
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

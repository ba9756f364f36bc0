"""PostgreSQL itself keeps the layout of a published plan as it is, whatever the app role tries in plain SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from core.seating.plans import PlanStatus
from tests.seating_world import a_plan, a_tenant
from tests.servers import connected

REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)

ADD_SEAT = """
insert into seats (tenant_id, plan_id, id, section_id, guid, seat_label, row_label, seat_number, column_number, x, y,
                   attributes, price_minor)
select tenant_id, plan_id, gen_random_uuid(), section_id, 'new', 'new', 'R1', '9', 9, 0, 0, '{}', 0 from seats
 where plan_id = $1 limit 1
"""
ADD_SECTION = """
insert into sections (tenant_id, plan_id, id, name, row_count, column_count, display_order)
select tenant_id, plan_id, gen_random_uuid(), 'New', 1, 1, 9 from sections where plan_id = $1
"""
CHANGES_OF_LAYOUT = [
    ADD_SEAT,
    ADD_SECTION,
    "delete from seats where plan_id = $1",
    "delete from sections where plan_id = $1",
]
NEVER = [
    "delete from seating_plans where id = $1",
    *(
        f"update seats set {column} = {column} where plan_id = $1"
        for column in ("x", "guid", "plan_id", "section_id", "row_label", "attributes", "category", "table_name")
    ),
    *(
        f"update sections set {column} = {column} where plan_id = $1"
        for column in ("name", "kind", "capacity", "ticket_id", "plan_id")
    ),
]
CHANGES_OF_PLAN = [
    "update seating_plans set version_number = null, status = 'draft' where id = $1",
    "update seating_plans set version_number = 7 where id = $1",
    "update seating_plans set layout = '{\"areas\": []}' where id = $1",
    "update seating_plans set ga_capacity = 9 where id = $1",
    "update seating_plans set focus_x = 9, focus_y = 9 where id = $1",
    "update seating_plans set ticket_id = gen_random_uuid() where id = $1",
]


@dataclass(frozen=True)
class Stored:
    tenant: UUID
    plan: UUID


@pytest.fixture
async def published(venue_db: Database) -> Stored:
    return await stored(venue_db, PlanStatus.INACTIVE)


@pytest.fixture
async def draft(venue_db: Database) -> Stored:
    return await stored(venue_db, PlanStatus.DRAFT)


async def stored(database: Database, status: PlanStatus) -> Stored:
    plan, layout = a_plan(status=status)
    tenant = a_tenant()
    pool = await open_pool(database.app_url, connections_max=1)
    async with PostgresSeatingTransactions(pool, Uuid7Source()).begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    await pool.close()
    return Stored(tenant, plan.id)


@asynccontextmanager
async def app_of(database: Database, tenant: UUID) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with connected(database.app_url) as app:
        await app.execute("select set_config('app.tenant_id', $1, false)", str(tenant))
        yield app


@pytest.mark.parametrize("statement", [*CHANGES_OF_LAYOUT, *NEVER, *CHANGES_OF_PLAN])
async def test_a_published_layout_stays_as_it_is(venue_db: Database, published: Stored, statement: str) -> None:
    async with app_of(venue_db, published.tenant) as app:
        with pytest.raises(REFUSED):
            await app.execute(statement, published.plan)


@pytest.mark.parametrize("statement", NEVER)
async def test_seats_and_sections_are_replaced_and_never_edited(
    venue_db: Database, draft: Stored, statement: str
) -> None:
    async with app_of(venue_db, draft.tenant) as app:
        with pytest.raises(REFUSED):
            await app.execute(statement, draft.plan)


@pytest.mark.parametrize("statement", CHANGES_OF_LAYOUT)
async def test_the_layout_of_a_draft_can_be_replaced(venue_db: Database, draft: Stored, statement: str) -> None:
    async with app_of(venue_db, draft.tenant) as app:
        assert not (await app.execute(statement, draft.plan)).endswith(" 0")


async def test_prices_and_states_of_a_published_plan_change(venue_db: Database, published: Stored) -> None:
    async with app_of(venue_db, published.tenant) as app:
        await app.execute("update seats set price_minor = 1 where plan_id = $1", published.plan)
        await app.execute(
            "insert into seat_states (tenant_id, plan_id, seat_id, status, block_reason)"
            " select tenant_id, plan_id, id, 'BLOCKED', 'camera' from seats where plan_id = $1",
            published.plan,
        )
        await app.execute("update seat_states set block_reason = 'pillar' where plan_id = $1", published.plan)
        await app.execute("delete from seat_states where plan_id = $1", published.plan)
        await app.execute("update sections set price_tier_id = gen_random_uuid() where plan_id = $1", published.plan)
        await app.execute("update seating_plans set status = 'active' where id = $1", published.plan)


async def test_a_plan_is_published_with_a_number_and_not_without(venue_db: Database, draft: Stored) -> None:
    async with app_of(venue_db, draft.tenant) as app:
        with pytest.raises(asyncpg.CheckViolationError):
            await app.execute("update seating_plans set status = 'active' where id = $1", draft.plan)
        with pytest.raises(asyncpg.CheckViolationError):
            await app.execute("update seating_plans set version_number = 1 where id = $1", draft.plan)
        await app.execute("update seating_plans set status = 'active', version_number = 1 where id = $1", draft.plan)


async def test_a_layout_cannot_be_written_while_its_plan_is_being_published(venue_db: Database, draft: Stored) -> None:
    async with app_of(venue_db, draft.tenant) as first, app_of(venue_db, draft.tenant) as second:
        publishing = first.transaction()
        await publishing.start()
        await first.execute("update seating_plans set status = 'active', version_number = 1 where id = $1", draft.plan)
        await second.execute("set lock_timeout = '50ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await second.execute(ADD_SEAT, draft.plan)
        await publishing.commit()
        with pytest.raises(asyncpg.RestrictViolationError):
            await second.execute(ADD_SEAT, draft.plan)


async def test_seats_of_no_plan_and_of_another_tenants_plan_are_refused(venue_db: Database, draft: Stored) -> None:
    add = """
    insert into sections (tenant_id, plan_id, id, name, row_count, column_count, display_order)
    values ($1, $2, gen_random_uuid(), 'New', 1, 1, 0)
    """
    stranger = uuid4()
    async with app_of(venue_db, stranger) as app:
        for plan in (uuid4(), draft.plan):
            with pytest.raises(asyncpg.RestrictViolationError):
                await app.execute(add, stranger, plan)

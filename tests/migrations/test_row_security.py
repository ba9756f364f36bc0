"""Tenants are kept apart by PostgreSQL itself: seen in the catalogue, and tried."""

from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.pool import UnsafeRoleError, open_pool
from adapters.postgres.security import Roles
from tests.servers import DATABASE_KINDS, PostgresServer, connected
from tests.tenant_tables import WITHOUT_TENANT

every_database = pytest.mark.parametrize("kind", DATABASE_KINDS)


@every_database
async def test_row_security_is_forced_on_every_table(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            """
            select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
                   (select count(*) from pg_policy p where p.polrelid = c.oid) as policies,
                   pg_get_userbyid(c.relowner) as owner
            from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and c.relname <> 'alembic_version'
            """
        )
    assert len(rows) > 3
    for row in rows:
        assert row["forced"], f"{row['name']} does not force row-level security"
        assert row["policies"] > 0, f"{row['name']} has no policy"
        assert row["owner"] == Roles.of(kind).owner


@every_database
async def test_every_tenant_table_has_the_tenant_in_its_key(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            """
            select c.relname as name,
                   (select attname from pg_attribute a
                    where a.attrelid = c.oid and a.attnum = i.indkey[0]) as first_column,
                   (select attnotnull from pg_attribute a
                    where a.attrelid = c.oid and a.attname = 'tenant_id') as tenant_is_set
            from pg_class c left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and c.relname <> 'alembic_version'
            """
        )
    exempt = WITHOUT_TENANT.get(kind, {})
    for row in rows:
        if row["name"] in exempt:
            continue
        assert row["tenant_is_set"], f"{row['name']} can have rows of no tenant"
        if row["first_column"] is not None:
            assert row["first_column"] == "tenant_id", f"the key of {row['name']} does not begin with the tenant"


@every_database
async def test_policies_compare_with_the_tenant_once_a_statement(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            "select tablename, policyname, coalesce(qual, '') || coalesce(with_check, '') as text from pg_policies"
        )
    for row in rows:
        once = ("( SELECT (NULLIF(current_setting(", "( SELECT NULLIF(current_setting(")
        plain = row["text"].replace(once[0], "").replace(once[1], "")
        assert "current_setting(" not in plain, f"{row['policyname']} on {row['tablename']} is evaluated for every row"


@every_database
async def test_app_and_relay_are_bound_by_the_policies(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    for url in (database.app_url, database.relay_url):
        pool = await open_pool(url, connections_max=1)
        await pool.close()
    with pytest.raises(UnsafeRoleError):
        await open_pool(database.admin_url, connections_max=1)


@every_database
async def test_no_role_of_another_service_gets_in(postgres: PostgresServer, kind: str) -> None:
    for other in DATABASE_KINDS:
        await postgres.fresh(other)
    database = await postgres.fresh(kind)
    roles = {other: Roles.of(other) for other in DATABASE_KINDS}
    async with connected(database.admin_url) as admin:
        for other, theirs in roles.items():
            for role in (theirs.app, theirs.relay, theirs.owner):
                allowed = await admin.fetchval("select has_database_privilege($1, current_database(), 'connect')", role)
                assert allowed == (other == kind), f"{role} in {kind}"


@pytest.mark.parametrize(
    "kind", [kind for kind in DATABASE_KINDS if kind not in ("auth_db", "user_db")]
)  # those: with people
async def test_another_tenant_writes_nothing_and_reads_nothing(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    ours, theirs = uuid4(), uuid4()
    insert = "insert into inbox (tenant_id, event_id, consumer, accepted_at) values ($1, $2, 'test', now())"
    async with connected(database.app_url) as app:
        await app.execute("select set_config('app.tenant_id', $1, false)", str(ours))
        await app.execute(insert, ours, uuid4())
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(insert, theirs, uuid4())
        await app.execute("select set_config('app.tenant_id', $1, false)", str(theirs))
        assert await app.fetchval("select count(*) from inbox") == 0
        assert await app.execute("delete from inbox") == "DELETE 0"
        await app.execute("select set_config('app.tenant_id', '', false)")
        assert await app.fetchval("select count(*) from inbox") == 0
        await app.execute("select set_config('app.tenant_id', $1, false)", str(ours))
        assert await app.fetchval("select count(*) from inbox") == 1


@every_database
async def test_the_app_role_cannot_lift_the_policies(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    for command in (
        "alter table outbox disable row level security",
        "drop policy if exists relay_drains on outbox",
        "create table mine (id int)",
        f"set role {Roles.of(kind).owner}",
        "alter role current_user bypassrls",
    ):
        async with connected(database.app_url) as app:
            with pytest.raises(asyncpg.PostgresError):
                await app.execute(command)


@every_database
async def test_neither_app_nor_relay_can_empty_a_table(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    roles = Roles.of(kind)
    async with connected(database.admin_url) as admin:
        for role in (roles.app, roles.relay):
            emptied = await admin.fetch(
                """
                select relname from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                  and has_table_privilege($1, oid, 'truncate')
                """,
                role,
            )
            assert list(emptied) == []


@pytest.mark.parametrize(
    ("kind", "table", "seen", "unseen"),
    [
        ("venue_db", "seats", "plan_id", "seat_label"),
        ("venue_db", "seat_states", "status", "block_reason"),
        ("venue_db", "seat_reservations", "order_id", "account_id"),
        ("venue_db", "listings", "pass_id", "seller_id"),
        ("venue_db", "pass_transfers", "status", "to_email"),
        ("order_db", "orders", "status", "contact_email"),
        ("order_db", "orders", "total_minor", "account_id"),
        ("order_db", "order_history", "step", "detail"),
        ("order_db", "order_refunds", "items", "note"),
        ("payment_db", "payments", "status", "account_id"),
        ("payment_db", "refunds", "amount_minor", "reason"),
        ("admission_db", "passes", "status", "holder_name"),
        ("admission_db", "passes", "offer_id", "account_id"),
    ],
)
async def test_the_relay_sees_how_things_stand_and_nothing_of_people(
    postgres: PostgresServer, kind: str, table: str, seen: str, unseen: str
) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.relay_url) as relay:
        assert await relay.fetch(f"select {seen} from {table}") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await relay.fetch(f"select {unseen} from {table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await relay.execute(f"update {table} set {seen} = {seen}")

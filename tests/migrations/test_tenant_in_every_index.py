"""A tenant's rows can be told apart by every table, index and foreign key: read in the catalogue of each database."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.idempotency import prepare_idempotency_keys
from adapters.mongo.outbox import prepare_outbox
from adapters.mongo.places import prepare_places
from adapters.mongo.tickets import prepare_tickets
from tests.mongo_databases import fresh_database
from tests.servers import DATABASE_KINDS, PostgresServer, connected
from tests.tenant_tables import DISTRIBUTED, UNIQUE_FOR_ALL, WITHOUT_TENANT

SCALING = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
_MESSAGES = frozenset(
    {"outbox_waiting", "outbox_dead", "outbox_published", "inbox_accepted_at", "idempotency_keys_expires_at"}
)
SWEEPS: Mapping[str, frozenset[str]] = {
    "auth_db": frozenset({"inbox_accepted_at", "memberships_account_id"}),
    "user_db": frozenset({"inbox_accepted_at"}),
    "admission_db": _MESSAGES,
    "venue_db": _MESSAGES
    | {
        "seller_verifications_ending",
        "listings_due",
        "waiting_lists_due",
        "pass_transfers_due",
        "listing_evaluations_free",
        "venue_operations_free",
        "plan_documents_due",
    },
    "order_db": _MESSAGES | {"orders_due", "order_refunds_due"},
    "payment_db": _MESSAGES
    | {
        "payments_silent",
        "connected_accounts_silent",
        "refunds_due",
        "refunds_unsettled",
        "disputes_due",
        "payouts_due",
        "payouts_unsettled",
        "ledger_entries_by_ref",
        "ledger_entries_by_day",
    },
}
"""Indexes of questions across tenants: they begin with what is asked for, and have the tenant after it."""

INDEXES = """
select t.relname as table, i.relname as name, x.indisunique as is_unique,
       array(select a.attname from unnest(x.indkey) with ordinality k(number, position)
              left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number
             order by k.position)::text[] as columns
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where t.relnamespace = 'public'::regnamespace and t.relname <> 'alembic_version'
"""
FOREIGN_KEYS = """
select f.conname as name, t.relname as table, o.relname as of, f.confupdtype::text as on_update,
       array(select (a.attname, b.attname)::text from unnest(f.conkey, f.confkey) k(ours, theirs)
               join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.ours
               join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.theirs) as pairs
from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_class o on o.oid = f.confrelid
where f.contype = 'f' and f.connamespace = 'public'::regnamespace
"""
TENANT_TABLES = """
select c.relname as name from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
STATEMENT_TRIGGERS = """
select distinct t.relname as table from pg_trigger g join pg_class t on t.oid = g.tgrelid
where not g.tgisinternal and g.tgtype & 1 = 0 and t.relnamespace = 'public'::regnamespace
"""
every_database = pytest.mark.parametrize("kind", DATABASE_KINDS)


@every_database
async def test_every_table_index_and_foreign_key_carries_the_tenant(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        tables = {row["name"] for row in await admin.fetch(TENANT_TABLES)}
        indexes = await admin.fetch(INDEXES)
        foreign_keys = await admin.fetch(FOREIGN_KEYS)
    without = WITHOUT_TENANT.get(kind, {})
    assert tables.isdisjoint(without), "a table of tenants is called one of nobody's"
    assert {row["table"] for row in indexes} == tables | set(without)
    swept, for_all = set[str](), set[str]()
    for row in indexes:
        if row["table"] in without or row["columns"][0] == "tenant_id":
            continue
        if row["is_unique"]:
            for_all.add(row["name"])
        else:
            swept.add(row["name"])
            assert "tenant_id" in row["columns"], f"{row['name']} does not name the tenant"
    assert swept == SWEEPS[kind]
    assert for_all == set(UNIQUE_FOR_ALL.get(kind, {}))
    for row in foreign_keys:
        if row["table"] not in without:
            carried = "(tenant_id,tenant_id)" in row["pairs"]
            assert carried or row["of"] in without, f"{row['name']} could lead to another tenant's row"
            assert carried or kind not in DISTRIBUTED, f"{row['name']} leads away from the tenant's rows"


@pytest.mark.parametrize("kind", DISTRIBUTED)
async def test_what_still_keeps_the_tables_on_one_server_is_documented(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        cascading = {row["name"] for row in await admin.fetch(FOREIGN_KEYS) if row["on_update"] == "c"}
        by_statement = {row["table"] for row in await admin.fetch(STATEMENT_TRIGGERS)}
    for name in cascading | by_statement:
        assert f"`{name}`" in SCALING, f"docs/scaling.md does not name {name} of {kind}"


async def test_what_is_unique_on_mongodb_is_unique_in_a_tenant(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await prepare_places(database)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        await prepare_outbox(database)
        await prepare_idempotency_keys(database)
        names = await database.list_collection_names()
        unique = {
            f"{name}.{index}": of["key"][0][0]
            for name in names
            for index, of in (await database.get_collection(name).index_information()).items()
            if of.get("unique") and index != "_id_"
        }
    assert len(unique) > 5
    assert {name for name, first in unique.items() if first != "tenantId"} == set()

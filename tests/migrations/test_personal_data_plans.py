"""No table that names a person is forgotten by the plans of what is kept about persons."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from adapters.mongo.client import Database
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.idempotency import prepare_idempotency_keys
from adapters.mongo.outbox import prepare_outbox
from adapters.mongo.personal_data import DocumentPlan
from adapters.mongo.personal_data_plans import CONTENT, TICKETS
from adapters.mongo.places import prepare_places
from adapters.mongo.tickets import prepare_tickets
from adapters.postgres.personal_data import PersonPlan
from adapters.postgres.personal_data_plans import ADMISSION, ORDERS, PAYMENTS, VENUES
from adapters.postgres.pool import Connection
from bootstrap.topology import all_services
from core.users.data_requests import SERVICES
from ports.published.users import ErasureRequested, ExportRequested, PersonErased
from tests.mongo_databases import fresh_database
from tests.servers import PostgresServer, connected

PLANS: Mapping[str, PersonPlan] = {
    "admission_db": ADMISSION,
    "order_db": ORDERS,
    "payment_db": PAYMENTS,
    "venue_db": VENUES,
}
NAMES_A_PERSON = (
    "(a.attname ~ '(^|_)account_ids?$' and a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype)) "
    "or a.attname ~ '(email|holder_name|contact_name|evidence$|phone|seller_id|display_name)'"
)
NEED_NO_LINE: Mapping[str, Mapping[str, str]] = {
    "admission_db": {
        "order_standings": "the owner of an order is shown with the order",
        "idempotency_keys": "messages",
    },
    "order_db": {
        "handed_over_units": "who holds a pass is shown with the pass; an account id alone",
        "order_reservations": "shown with the order; an account id alone",
        "voucher_changes": "who of the staff changed a voucher; an account id alone",
        "idempotency_keys": "messages",
    },
    "payment_db": {"idempotency_keys": "messages"},
    "venue_db": {
        "allotments": "who may buy what is set aside, which the organiser decides; account ids alone",
        "idempotency_keys": "messages",
        "venue_operation_log": "who of the staff did what with an operation; an account id alone",
    },
}
"""Tables with such a column that no plan names, and why."""


async def _naming_a_person(admin: Connection) -> set[str]:
    rows = await admin.fetch(
        "select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 "
        f"and not a.attisdropped and ({NAMES_A_PERSON})"
    )
    return {row["name"] for row in rows}


async def _tickets(database: Database) -> None:
    await prepare_tickets(database)
    await prepare_places(database)
    await prepare_idempotency_keys(database)
    await prepare_outbox(database)
    await database.create_collection("venueCharging")  # it has no index that would make it


async def _content(database: Database) -> None:
    await prepare_documents(database, CONTENT_DOCUMENTS)
    await prepare_idempotency_keys(database)
    await prepare_outbox(database)


every_plan = pytest.mark.parametrize("kind", sorted(PLANS))


@every_plan
async def test_every_table_that_names_a_person_is_in_the_plan(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        found = await _naming_a_person(admin)
    planned = {rows.table for rows in PLANS[kind].rows}
    assert found - planned - set(NEED_NO_LINE[kind]) == set()
    assert set(NEED_NO_LINE[kind]) <= found, "a reason for a table that needs none"


@every_plan
async def test_a_person_finds_rows_by_a_policy_that_only_reads(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch("select tablename, cmd from pg_policies where policyname = 'person_found'")
    assert {row["cmd"] for row in rows} == {"SELECT"}
    assert {row["tablename"] for row in rows} == {rows.table for rows in PLANS[kind].rows if rows.finds}


@pytest.mark.parametrize("event", [ExportRequested, ErasureRequested, PersonErased])
def test_the_services_that_must_answer_are_those_that_listen(event: type) -> None:
    listening = {
        service.name
        for service in all_services()
        for subscription in service.subscriptions
        if subscription.event is event
    }
    assert listening == set(SERVICES)


WITHOUT_A_PLAN: Mapping[str, Mapping[str, str]] = {
    "auth_db": {
        "accounts": "the account, which goes",
        "mail_queue": "goes with the account; shown without what is sealed",
        "mail_tokens": "goes with the account; shown without its digest",
        "memberships": "goes with the account",
        "refresh_families": "goes with the account",
        "totp_factors": "goes with the account; shown without its secret",
        "totp_recovery_codes": "goes with the account; shown as a number",
        "idempotency_keys": "messages",
    },
    "user_db": {
        "user_profiles": "goes",
        "user_preferences": "goes",
        "billing_addresses": "goes",
        "personal_data_requests": "stays without the address, so that the person stays forgotten",
        "personal_data_pages": "goes with copies",
        "idempotency_keys": "messages",
    },
}
"""What the databases keep whose service says in its own words what becomes of it."""


@pytest.mark.parametrize("kind", sorted(WITHOUT_A_PLAN))
async def test_no_other_table_names_a_person(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        assert await _naming_a_person(admin) == set(WITHOUT_A_PLAN[kind])


async def test_what_goes_with_the_account_hangs_on_it(postgres: PostgresServer) -> None:
    database = await postgres.fresh("auth_db")
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            "select conrelid::regclass::text as name from pg_constraint "
            "where contype = 'f' and confdeltype = 'c' "
            "and confrelid in ('accounts'::regclass, 'totp_factors'::regclass)"
        )
    going = {table for table, why in WITHOUT_A_PLAN["auth_db"].items() if why.startswith("goes")}
    assert {row["name"] for row in rows} == going


@pytest.mark.parametrize(("plan", "prepare"), [(TICKETS, _tickets), (CONTENT, _content)], ids=["ticket", "content"])
async def test_every_collection_is_said_to_be_about_persons_or_about_nobody(
    mongodb_url: str, plan: DocumentPlan, prepare: Callable[[Database], Awaitable[None]]
) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare(database)
        there = set(await database.list_collection_names())
    about_persons = {each.collection for each in plan.documents}
    assert about_persons.isdisjoint(plan.about_nobody)
    assert there == about_persons | set(plan.about_nobody)

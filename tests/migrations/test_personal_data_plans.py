"""No table that names a person is forgotten by the plans of what is kept about persons."""

from collections.abc import Mapping

import pytest

from adapters.postgres.personal_data import PersonPlan
from adapters.postgres.personal_data_plans import ADMISSION, ORDERS, PAYMENTS, VENUES
from bootstrap.topology import all_services
from core.users.data_requests import SERVICES
from ports.published.users import ErasureRequested, ExportRequested, PersonErased
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
        "venue_operation_log": "who of the staff did what to an operation; an account id alone",
        "allotments": "who may buy what is set aside, which the organiser decides; account ids alone",
        "idempotency_keys": "messages",
        "venue_operation_log": "who of the staff did what with an operation; an account id alone",
    },
}
"""Tables with such a column that no plan names, and why."""

every_plan = pytest.mark.parametrize("kind", sorted(PLANS))


@every_plan
async def test_every_table_that_names_a_person_is_in_the_plan(postgres: PostgresServer, kind: str) -> None:
    database = await postgres.fresh(kind)
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(
            "select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 "
            f"and not a.attisdropped and ({NAMES_A_PERSON})"
        )
    found = {row["name"] for row in rows}
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

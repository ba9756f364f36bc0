"""docs/brief.md tells where each part of what was asked for is, and names nothing that is not there."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from adapters.mongo.content import CONTENT_DOCUMENTS
from adapters.mongo.place_documents import StoredEntry
from adapters.mongo.place_steps import ENTRIES
from adapters.mongo.tickets import TicketDocument
from bootstrap.databases import METADATA
from core.shared.ids import AccountId, ReservationId, TenantId, TicketId
from core.shared.money import Money
from core.ticketing.places import PlacesReservation, PlacesStatus
from tests.architecture.api_contract import BASE
from tests.architecture.sources import ROOT, SRC
from tests.architecture.test_api_contract import with_plain_parameters

PAGE = ROOT / "docs" / "brief.md"
NOT_YET = "not yet"

TABLES = {
    "USERS": "id email password_hash created_at updated_at",
    "USER_PROFILES": "user_id display_name locale timezone created_at updated_at",
    "USER_PREFERENCES": "user_id marketing_opt_in order_updates product_updates",
    "BILLING_ADDRESSES": "user_id line1 line2 city postal_code country",
    "ORDERS": "id user_id reservation_id status total_amount version expires_at created_at updated_at",
    "ORDER_ITEMS": "id order_id ticket_id quantity unit_price seat_ids",
    "ORDER_OUTBOX": "id aggregate_id event_type payload created_at published_at",
    "TICKETS": "id title price quota reserved sold max_per_user seating_plan_id ticket_type event version created_at "
    "updated_at",
    "RESERVATIONS": "id ticket_id user_id quantity status expires_at created_at",
    "VENUES": "id organizer_id name capacity timezone address created_at updated_at",
    "VENUE_SECTIONS": "id venue_id name type row_count column_count position_json display_order created_at updated_at",
    "ORGANIZER_SETTINGS": "organizer_id hold_ttl_sec created_at updated_at",
    "SEATING_PLANS": "id venue_id ticket_id organizer_id name status max_seats_per_order assignment_mode pricing_mode "
    "layout_json version created_at updated_at",
    "PRICE_TIERS": "id plan_id name price created_at",
    "SECTIONS": "id plan_id name type row_count column_count price_tier_id created_at updated_at",
    "SEATS": "id section_id plan_id price_tier_id seat_label row_label column_number status held_by held_until "
    "attributes version created_at updated_at",
    "SEAT_RESERVATIONS": "id plan_id ticket_id order_id user_id section_id status expires_at created_at updated_at",
    "SEAT_RESERVATION_ITEMS": "reservation_id seat_id section_id price seat_label",
    "PAYMENTS": "id order_id user_id method amount currency status stripe_payment_intent_id created_at updated_at",
    "PAYMENT_RECORDS": "id payment_id event_type payload recorded_at",
    "PAYMENT_WEBHOOKS": "id stripe_event_id event_type body received_at processed_at",
    "EXPIRATION_TIMERS": "key reservation_id fires_at",
}
"""The tables that were asked for, with their columns."""

STEPS = {
    "References": (
        "USERS to all that is theirs, and every other dotted line: between services, not enforced",
        *("ORDERS to ORDER_ITEMS, PAYMENTS to PAYMENT_RECORDS", "ORDERS to ORDER_OUTBOX"),
        *("ORDERS to PAYMENTS, one to one", "ORDERS to SEAT_RESERVATIONS"),
        *("ORDERS to TICKETS and TICKETS to SEATING_PLANS, by gRPC", "TICKETS to RESERVATIONS (quota)"),
        "VENUES to VENUE_SECTIONS, SEATING_PLANS and ORGANIZER_SETTINGS",
        "SEATING_PLANS to SECTIONS, SEATS and PRICE_TIERS",
        "SEATING_PLANS to SEAT_RESERVATIONS to SEAT_RESERVATION_ITEMS",
        *("RESERVATIONS to EXPIRATION_TIMERS", "PAYMENTS to PAYMENT_WEBHOOKS"),
    ),
    "Flow 1": (
        *("User → API Gateway", "API Gateway → Auth Service", "JWT valid?", "No: 401 Unauthorized", "Venue Service"),
        *("Validate Input", "Set Tenant ID", "Generate Slug", "INSERT venue", "Publish Event venue.created → RabbitMQ"),
        *("Create Default venue_settings", "Return 201 Created"),
    ),
    "Flow 2": (
        *("1. Initiate Connect", "2. Create Stripe Account", "3. Account ID returned"),
        *("4. Store account_id in venues table", "5. Create Onboarding Link", "6. Onboarding URL returned"),
        *("7. Return URL to venue owner", "8. Complete onboarding on Stripe", "9. Webhook: account.updated"),
        *("10. Verify signature", "11. Check webhook_events (dedup)", "12. Acquire distributed lock"),
        *("13. Update venue stripe_status", "14. Release lock", "15. Mark event processed", "Return 200 OK"),
    ),
    "Flow 3": (
        *("Buyer → Transfer Service (different service)", "Venue Service: POST /api/v1/resale/validate"),
        *("Detect Jurisdiction (buyer location)", "Get Jurisdiction Price Cap Rules (US-CT, FR)"),
        *("Get Resale Policy (venue, event, tenant)", "Check Transfer Count (transfer_history)"),
        *(
            "Validate Price: jurisdiction cap",
            "Validate Price: venue max multiplier",
            "Validate Price: fixed max price",
        ),
        *("Check Seller Verified? (seller_verifications)", "Allowed: allowed, maxPrice, transferCount"),
        "Not Allowed: reason, requiresVerification",
    ),
    "Flow 4": (
        *("Stripe Webhook → POST /webhook", "WebhookService processWebhook()"),
        *("Check webhook_events for event_id (dedup)", "Exists: Return 200, duplicate: true"),
        *("Not Found: Acquire Redis Lock, SET NX PX 30000", "Failed: Return 200, duplicate: true"),
        *("Acquired: webhook_events status=processing", "Execute processor()", "Success: status = completed"),
        *("Failed: failed/retrying, error_message, retry_count++", "Release Redis Lock, DEL webhook:lock:X"),
    ),
    "Flow 5": (
        *("Admin Portal: long-running migration", "VenueOperationsService executeOperation()"),
        *("Check for existing operation (409 if busy)", "Create venue_operations, status: pending"),
        *("Acquire distributed lock", "Step 1 → Step 2 → Step 3, checkpoint each", "checkpoint_data (JSONB)"),
        *("Completed: status: completed, release lock", "Failed: status: failed, can resume from last checkpoint"),
    ),
    "Stores": (
        "PostgreSQL: venues, settings, operations, transfers; CRUD, RLS, transactions",
        "Redis: cache, rate limits, locks; key-value, TTL, atomic operations",
        *("MongoDB: content", "MongoDB: reviews", "MongoDB: media", "MongoDB: document queries, aggregations"),
        "RabbitMQ: events; pub/sub, async messaging",
    ),
    "Security": (
        *("User Request → API Gateway", "JWT Verification", "Tenant Extraction", "SET LOCAL app.tenant_id"),
        "PostgreSQL RLS Policies Apply",
    ),
}
"""The references, boxes and arrows that were asked for, by the beginning of the heading they stand under."""

ENDPOINT = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) /\S*")
TABLE = re.compile(r"([a-z]+_db)\.(\w+)(?:\.(\w+))?")
TEST = re.compile(r"(\w+/test_\w+\.py)::(test_\w+)")
MODULE = re.compile(r"[\w/]+\.(?:py|md)")
RENAMED = re.compile(r"`([^`]+)` → `([^`]+)`")
REDIS_KEYS = re.compile(r"fairseat:\w+")

type Row = dict[str, str]


def rows_of(page: str, heading: str) -> list[Row]:
    """Return the rows of the table below a heading, each by the names of its columns."""
    (section,) = (part for part in page.split("\n## ")[1:] if part.startswith(heading))
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    names, _, *rows = [[cell.strip() for cell in line] for line in lines]
    assert all(len(row) == len(names) for row in rows), f"a row below {heading} has another number of cells"
    return [dict(zip(names, row, strict=True)) for row in rows]


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", page, flags=re.MULTILINE)


def tokens(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def members_of_places() -> frozenset[str]:
    """Return what a document of the ledger of general admission has, which no class declares."""
    moment, some = datetime(2026, 11, 22, tzinfo=UTC), UUID(int=1)
    entry = PlacesReservation(
        id=ReservationId(some),
        ticket_id=TicketId(some),
        account_id=AccountId(some),
        token_sha256=b"",
        status=PlacesStatus.HELD,
        quantity=1,
        price=Money(0, "EUR"),
        hold_ttl_s=600,
        held_at=moment,
        ceiling_at=moment,
        expires_at=moment,
        order_id=None,
        sold_at=None,
    )
    return frozenset(StoredEntry(entry, 1, some).document(TenantId(some)))


@cache
def members() -> dict[str, frozenset[str]]:
    """Return every table and collection with its columns or members, as `database.name`."""
    tables = {
        f"{database}.{table.name}": frozenset(column.name for column in table.columns)
        for database, metadata in METADATA.items()
        for table in metadata.tables.values()
    }
    documents: list[tuple[str, Any]] = [("ticket_db", TicketDocument)]  # Any: Beanie does not type what they set
    documents += [("content_db", document) for document in CONTENT_DOCUMENTS]
    collections = {
        f"{database}.{document.Settings.name}": frozenset(
            field.alias or name for name, field in document.model_fields.items()
        )
        for database, document in documents
    }
    return tables | collections | {f"ticket_db.{ENTRIES}": members_of_places()}


@cache
def endpoints() -> frozenset[str]:
    """Return every operation of the API, as `METHOD /path` with nameless parameters and without the base."""
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    return frozenset(
        f"{method.upper()} {with_plain_parameters(path.removeprefix(BASE))}"
        for path, item in paths.items()
        for method in item
    )


@cache
def events() -> frozenset[str]:
    return frozenset(json.loads((ROOT / "docs" / "asyncapi.json").read_text())["channels"])


def fault_of(token: str) -> str | None:
    """Return what is wrong with a name in backticks; None where nothing is, or where it names no thing of ours."""
    if ENDPOINT.fullmatch(token):
        return None if with_plain_parameters(token) in endpoints() else f"{token} is not in the API"
    if found := TEST.fullmatch(token):
        file = ROOT / "tests" / found[1]
        known = file.is_file() and re.search(rf"\bdef {found[2]}\b", file.read_text())
        return None if known else f"there is no test {token}"
    if MODULE.fullmatch(token):
        return None if (SRC / token).is_file() or (ROOT / token).is_file() else f"there is no file {token}"
    if found := TABLE.fullmatch(token):
        table = members().get(f"{found[1]}.{found[2]}")
        return None if table is not None and (found[3] is None or found[3] in table) else f"nothing is called {token}"
    if REDIS_KEYS.fullmatch(token):
        adapters = (SRC / "adapters" / "redis").glob("*.py")
        return None if any(f'"{token}"' in path.read_text() for path in adapters) else f"no key begins with {token}"
    if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", token):
        return None if token in events() else f"{token} is no event"
    return None


def faults_of(page: str) -> list[str]:
    """Return what is wrong with all the names of the page, and with rows that prove nothing."""
    named = [fault for token in tokens(page) if (fault := fault_of(token))]
    rows = [(heading, row) for heading in headings(page) for row in rows_of(page, heading)]
    unproved = [
        f"{heading}: {row['asked for']} has no test"
        for heading, row in rows
        if "proved by" in row and NOT_YET not in row["proved by"] and not TEST.search(row["proved by"])
    ]
    return [*named, *unproved]


def faults_of_columns(asked: str, columns: str, row: Row, tables: list[str]) -> list[str]:
    """Return what is wrong with the row of a table's columns; the first of `tables` is the one that it stands for."""
    known = members().get(tables[0], frozenset()) if tables else frozenset()
    same, renamed = tokens(row["same name"]), dict(RENAMED.findall(row["another name"]))
    gone = [name for part in row["not kept, since"].split(";")[:1] for name in tokens(part.partition(":")[0])]
    told = [*same, *renamed, *gone]
    return [
        *(f"{asked}.{name} is not told of" for name in set(columns.split()) - set(told)),
        *(f"{asked}.{name} was not asked for" for name in set(told) - set(columns.split())),
        *(f"{asked}.{name} is told of twice" for name in {name for name in told if told.count(name) > 1}),
        *(f"{asked}.{name} is not called so" for name in same if name not in known),
        *(
            f"{asked}.{name} is not called {ours}"
            for name, ours in renamed.items()
            if "." not in ours and ours not in known
        ),
        *(f"{asked}.{name} is there, though it is told to be not kept" for name in gone if name in known),
    ]


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_every_name_on_the_page_is_there(page: str) -> None:
    assert faults_of(page) == []


def test_every_table_that_was_asked_for_has_a_line(page: str) -> None:
    rows = {row["asked for"]: row for row in rows_of(page, "Tables")}
    assert rows.keys() == TABLES.keys()
    for asked, row in rows.items():
        if row["proved by"] != NOT_YET:
            for column in ("lives in", "endpoint or event", "module", "proved by"):
                assert tokens(row[column]), f"{asked} does not say what it {column}"


def test_every_column_that_was_asked_for_is_told_of(page: str) -> None:
    lives_in = {row["asked for"]: tokens(row["lives in"]) for row in rows_of(page, "Tables")}
    rows = {row["asked for"]: row for row in rows_of(page, "Columns")}
    assert rows.keys() == TABLES.keys()
    faults = [
        fault
        for asked, columns in TABLES.items()
        for fault in faults_of_columns(asked, columns, rows[asked], lives_in[asked])
    ]
    assert faults == []


@pytest.mark.parametrize("heading", STEPS)
def test_every_step_that_was_asked_for_has_a_line(page: str, heading: str) -> None:
    assert tuple(row["asked for"] for row in rows_of(page, heading)) == STEPS[heading]


def test_what_is_missing_is_called_so_only_while_it_is_missing(page: str) -> None:
    there = [
        token
        for heading in headings(page)
        for row in rows_of(page, heading)
        if row.get("proved by") == NOT_YET
        for token in tokens(" ".join(row.values()))
        if fault_of(token) is None and (ENDPOINT.fullmatch(token) or TABLE.fullmatch(token))
    ]
    assert there == [], "these are there by now: say where, and what proves it"


def test_the_page_stands_alone(page: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page)
    assert all((PAGE.parent / target).resolve().is_relative_to(PAGE.parent) for target in targets)
    for path in (ROOT / "README.md", ROOT / "docs" / "architecture.md"):
        assert "brief.md)" in path.read_text(), f"{path.name} does not lead to the page"


@pytest.mark.parametrize(
    "token",
    [
        "GET /venues/{id}/weather",
        "DELETE /venues",
        "venue.painted",
        "venue_db.nothing",
        "venue_db.venues.colour",
        "content_db.venues",
        "usecases/venues/paint_venue.py",
        "unit/test_expiration.py::test_nothing_of_the_kind",
        "unit/test_no_such_file.py::test_nothing",
        "fairseat:nothing",
    ],
)
def test_a_name_that_is_not_there_is_found_out(token: str) -> None:
    assert fault_of(token) is not None
    assert faults_of(f"\n## Flow\n\n| asked for | where |\n|---|---|\n| it | `{token}` |\n") != []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("`id`, `venue_id`, `name`", "`id`, `name`", "VENUE_SECTIONS.venue_id is not told of"),
        ("`row_count`", "`row_count`, `walls`", "VENUE_SECTIONS.walls was not asked for"),
        ("→ `kind`", "→ `sort`", "VENUE_SECTIONS.type is not called sort"),
        ("`type` → `kind`, ", "", "VENUE_SECTIONS.type is not told of"),
    ],
)
def test_a_column_that_is_told_of_wrongly_is_found_out(page: str, before: str, after: str, fault: str) -> None:
    (row,) = (row for row in rows_of(page, "Columns") if row["asked for"] == "VENUE_SECTIONS")
    broken = {name: cell.replace(before, after) for name, cell in row.items()}
    assert broken != row
    found = faults_of_columns("VENUE_SECTIONS", TABLES["VENUE_SECTIONS"], broken, ["venue_db.venue_sections"])
    assert fault in found


def test_a_row_without_a_test_is_found_out() -> None:
    page = "\n## Flow\n\n| asked for | proved by |\n|---|---|\n| it | surely |\n"
    assert faults_of(page) == ["Flow: it has no test"]
    assert faults_of(page.replace("surely", NOT_YET)) == []

"""What items of the ledger say changes with the migration, there and back, on rows as they were."""

from uuid import UUID, uuid4

import pytest

from adapters.postgres.migrator import Database, downgrade, migrate
from tests.servers import connected

TENANT = uuid4()
STATES = {"HELD": True, "RESERVED": True, "SOLD": True, "RELEASED": False, "EXPIRED": False}
"""Which items of reservations lived: those of the three that had their seats."""
RESERVATION = """
insert into seat_reservations (tenant_id, id, plan_id, ticket_id, order_id, account_id, token_sha256, status,
                               seats_count, currency, hold_ttl_s, held_at, ceiling_at, expires_at, sold_at)
values ($1, $2, $1, $1, case when $3 in ('RESERVED', 'SOLD') then $1::uuid end, $1, 'token', $3::text, 1, 'EUR', 600,
        now(), now() + interval '1 hour', now() + interval '10 minutes', case when $3 = 'SOLD' then now() end)
"""
SEAT = """
insert into seats (tenant_id, plan_id, id, section_id, guid, seat_label, row_label, seat_number, column_number, x, y,
                   attributes, price_minor, status, reservation_id, held_until)
values ($1, $1, $2, $1, $2::uuid::text, 'R1S1', 'R1', '1', 1, 0, 0, '{}', 7500, coalesce($4::text, 'AVAILABLE'),
        case when $4 is not null then $3::uuid end, case when $4 in ('HELD', 'RESERVED') then now() end)
"""
ITEM = "insert into seat_reservation_items values ($1, $2, $3, $1, 'R1S1', 7500, $4)"


async def store(database: Database) -> dict[str, UUID]:
    """Store a reservation of each state with its seat, as the migration before left them."""
    reservations = {state: uuid4() for state in STATES}
    async with connected(database.admin_url) as admin:
        await admin.execute("set session_replication_role = replica")  # seats of no plan
        for state, lives in STATES.items():
            seat = uuid4()
            await admin.execute(RESERVATION, TENANT, reservations[state], state)
            await admin.execute(SEAT, TENANT, seat, reservations[state], state if lives else None)
            await admin.execute(ITEM, TENANT, reservations[state], seat, lives)
    return reservations


async def told(database: Database, column: str) -> dict[UUID, bool]:
    async with connected(database.admin_url) as admin:
        rows = await admin.fetch(f"select reservation_id, {column} as told from seat_reservation_items")
    return {row["reservation_id"]: row["told"] for row in rows}


@pytest.mark.parametrize("revision", ["venue_0027", "head"])
async def test_items_that_lived_say_afterwards_which_of_them_were_sold(venue_db: Database, revision: str) -> None:
    await downgrade(venue_db, revision="venue_0026")
    reservations = await store(venue_db)
    await migrate(venue_db, revision=revision)
    assert await told(venue_db, "sold") == {id: state == "SOLD" for state, id in reservations.items()}
    await downgrade(venue_db, revision="venue_0026")
    assert await told(venue_db, "live") == {id: STATES[state] for state, id in reservations.items()}

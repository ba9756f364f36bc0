"""What must hold after every round of purchases: looked up as the superuser in every database, beside our code."""

import asyncpg

from tests.benchmarks.audit import Audit
from tests.benchmarks.hall import SEATS_A_HOLD
from tests.benchmarks.settling import background_work_done
from tests.seats_now import SEATS_NOW
from tests.servers import PostgresServer

_SETTLING = ("order_db", "payment_db", "admission_db")


async def audit_orders(postgres: PostgresServer, *, what: str, seats: int, orders: int, taken_minor: int) -> Audit:
    """Compare seats, orders, payments and passes with each other, and with the orders that buyers saw confirmed.

    `taken_minor` is the money that Stripe's stand-in took in all.
    """
    done = [await background_work_done(postgres.named(name).admin_url) for name in _SETTLING]
    faults = [] if all(done) else ["events are still being published"]
    states = await _rows(
        postgres,
        "venue_db",
        f"select status, count(*) as found from {SEATS_NOW} s group by 1 order by 1",
    )
    by_state = {str(row["status"]): int(row["found"]) for row in states}
    twice = await _count(
        postgres,
        "venue_db",
        "select count(*) from (select from seat_reservation_items where sold"
        " group by tenant_id, seat_id having count(*) > 1) twice",
    )
    passes_twice = await _count(
        postgres,
        "admission_db",
        "select count(*) from (select from passes where status = 'VALID'"
        " group by tenant_id, ticket_id, seat_id having count(*) > 1) twice",
    )
    sold = orders * SEATS_A_HOLD
    confirmed, total = (
        await _rows(
            postgres,
            "order_db",
            "select count(*), coalesce(sum(total_minor), 0)::bigint from orders where status = 'CONFIRMED'",
        )
    )[0]
    paid, received = (
        await _rows(
            postgres,
            "payment_db",
            "select count(*), coalesce(sum(received_minor), 0)::bigint from payments where status = 'SUCCEEDED'",
        )
    )[0]
    for name, found, expected in (
        ("seats that were sold twice", twice, 0),
        ("seats with two valid passes", passes_twice, 0),
        ("orders", await _count(postgres, "order_db", "select count(*) from orders"), orders),
        ("confirmed orders", confirmed, orders),
        ("payments that succeeded", paid, orders),
        ("minor units received by payments", received, taken_minor),
        ("minor units owed by confirmed orders", total, taken_minor),
        (
            "valid passes",
            await _count(postgres, "admission_db", "select count(*) from passes where status = 'VALID'"),
            sold,
        ),
        ("sold seats", by_state.get("SOLD", 0), sold),
        ("seats that are neither sold nor free", seats - by_state.get("SOLD", 0) - by_state.get("AVAILABLE", 0), 0),
    ):
        if found != expected:
            faults.append(f"{found} {name}, but {expected} should be")
    return Audit(what, orders, by_state, twice, tuple(faults))


async def _count(postgres: PostgresServer, database: str, query: str) -> int:
    return int((await _rows(postgres, database, query))[0][0])


async def _rows(postgres: PostgresServer, database: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(postgres.named(database).admin_url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()

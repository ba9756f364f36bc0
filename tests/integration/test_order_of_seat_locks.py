"""Seats are locked in the order of their ids, whatever PostgreSQL knows of the tables: two never wait in a circle."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from adapters.postgres.seating_holds import Wish, send
from core.seating.catalogue import Catalogue
from core.seating.hold_rules import claim_of
from core.shared.ids import ReservationId, SeatId
from ports.seating import SeatingTransaction
from tests.sales import IDS, NOW, Sale, locked, on_sale
from tests.servers import PostgresServer, connected

SEATS = 10
BLOCKED_AT = 6
OLD_HOLDS = """
with old as (
    insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status, seats_count,
                                   currency, hold_ttl_s, held_at, ceiling_at, expires_at)
    select p.tenant_id, gen_random_uuid(), p.id, p.ticket_id, gen_random_uuid(), 'token', 'EXPIRED', 4, 'EUR', 600,
           $1::timestamptz, $1, $1 from seating_plans p, generate_series(1, 100)
    returning tenant_id, id)
insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor)
select o.tenant_id, o.id, s.id, s.section_id, s.seat_label, s.price_minor
  from old o cross join (select * from seats order by guid limit 4) s
"""
"""A small hall with a long history, of which a planner would rather read all seats than look up each."""
OTHER_STATES = """
insert into seat_states (tenant_id, plan_id, seat_id, status, block_reason)
select tenant_id, gen_random_uuid(), gen_random_uuid(), 'BLOCKED', 'camera' from seating_plans, generate_series(1, 5000)
"""
"""Other halls of the tenant, so many of whose seats are taken that a planner would rather look up each."""
MOVED = (
    "update seats set price_minor = price_minor where get_byte(uuid_send(id), 15) % 2 = 0",
    "update seat_states set status = status where get_byte(uuid_send(seat_id), 15) % 2 = 0",
)
"""Half of the seats lie elsewhere on the disk than they did at first."""
TABLES = ("seats", "seat_states", "seat_reservations", "seat_reservation_items")
LOCK_TIMEOUT = "set lock_timeout = '20ms'"

type Rows = Callable[[int], bool]
rows = pytest.mark.parametrize(
    "has_row",
    [lambda _: False, lambda _: True, lambda place: place % 2 == 1],
    ids=["without rows", "with rows", "with some rows"],
)


@pytest.fixture(params=["nothing", "a small hall", "many halls"])
async def sale(request: pytest.FixtureRequest, postgres: PostgresServer) -> AsyncIterator[Sale]:
    """Yield a sale of which PostgreSQL knows this much; `look_around` lets it look again."""
    async with on_sale(postgres) as sale:
        async with connected(sale.admin_url) as admin:
            if request.param == "nothing":
                await admin.execute(
                    "; ".join(f"alter table {table} set (autovacuum_enabled = off)" for table in TABLES)
                )
            else:
                await admin.execute(OLD_HOLDS, NOW)
            if request.param == "many halls":
                await admin.execute(OTHER_STATES)
        await look_around(sale)
        yield sale


async def look_around(sale: Sale) -> None:
    async with connected(sale.admin_url) as admin:
        for move in MOVED:
            await admin.execute(move)
        if await admin.fetchval("select exists (select from seat_reservations where status = 'EXPIRED')"):
            for table in TABLES:
                await admin.execute(f"vacuum analyze {table}")


def shuffled() -> list[int]:
    """Return the places of the wanted seats, in no order that anything could have kept."""
    return random.Random(6).sample(range(SEATS), SEATS)


async def held_by_three(sale: Sale, *, has_row: Rows = lambda _: True) -> list[ReservationId]:
    """Let three buyers hold the seats, one between the other's, and let some states be gone since."""
    holds, places = sale.process(), shuffled()
    held = [(await holds(sale.tenant, sale.wish(*places[n::3]), now=NOW)).reservation.id for n in range(3)]
    gone = [seat.id for place, seat in enumerate(sale.layout.seats[:SEATS]) if not has_row(place)]
    async with connected(sale.admin_url) as admin:
        await admin.execute("delete from seat_states where seat_id = any($1::uuid[])", gone)
    await look_around(sale)
    return held


async def locked_before(sale: Sale, work: Coroutine[Any, Any, object], seat_id: SeatId) -> list[SeatId]:
    """Let something work until it waits for a seat, and return the seats that it has locked by then."""
    found: list[SeatId] = []
    async with connected(sale.admin_url) as blocker, connected(sale.admin_url) as admin:
        await admin.execute(LOCK_TIMEOUT)
        async with locked(blocker, [seat_id]):
            working = asyncio.create_task(work)
            await sale.waits()
            for other in {seat.id for seat in sale.layout.seats} - {seat_id}:
                try:
                    async with locked(admin, [other]):
                        pass
                except asyncpg.LockNotAvailableError:
                    found.append(other)
        await working
    return sorted(found)


async def batch_of_three(sale: Sale, *, now: datetime, look: bool) -> None:
    """Let three buyers hold the seats at once, one between the other's."""
    places, catalogue = shuffled(), Catalogue.of(sale.plan, sale.layout, ())
    claims = [claim_of(sale.wish(*places[number::3]), catalogue) for number in range(3)]
    assert await send(sale.pool, IDS, sale.tenant, [Wish.of(claim, now) for claim in claims], look=look) == {}


async def goes_by_id(sale: Sale, work: Coroutine[Any, Any, object]) -> None:
    wanted = sorted(seat.id for seat in sale.layout.seats[:SEATS])
    assert await locked_before(sale, work, wanted[BLOCKED_AT]) == wanted[:BLOCKED_AT]


async def test_a_hold_locks_its_seats_in_the_order_of_their_ids(sale: Sale) -> None:
    await goes_by_id(sale, sale.process()(sale.tenant, sale.wish(*shuffled()), now=NOW))


@pytest.mark.parametrize("look", [False, True], ids=["at once", "with a look"])
async def test_holds_of_one_batch_lock_their_seats_in_one_order(sale: Sale, look: bool) -> None:
    await goes_by_id(sale, batch_of_three(sale, now=NOW, look=look))


@rows
async def test_holds_take_over_what_ended_ones_left_in_the_order_of_ids(sale: Sale, has_row: Rows) -> None:
    await held_by_three(sale, has_row=has_row)
    await goes_by_id(sale, batch_of_three(sale, now=NOW + timedelta(seconds=sale.plan.hold_ttl_s), look=True))


async def test_the_sweep_locks_seats_in_the_order_of_their_ids(sale: Sale) -> None:
    ids = await held_by_three(sale)
    ended = NOW + timedelta(seconds=sale.plan.hold_ttl_s)

    async def sweep() -> None:
        async with sale.transactions.begin(sale.tenant) as tx:
            ends = await tx.seats.expire(ids, now=ended, wait=False)
            assert sum(len(end.seat_ids) for end in ends) == SEATS

    await goes_by_id(sale, sweep())


async def lock_reservations(tx: SeatingTransaction, sale: Sale, ids: Sequence[ReservationId]) -> int:
    return sum(len(entry.seats) for entry in await tx.seats.lock_all(ids, wait=True))


async def lock_seats(tx: SeatingTransaction, sale: Sale, ids: Sequence[ReservationId]) -> int:
    return len(await tx.blocks.lock(sale.plan.id, [sale.layout.seats[place].id for place in shuffled()]))


async def lock_all(tx: SeatingTransaction, sale: Sale, ids: Sequence[ReservationId]) -> int:
    return len((await tx.changes.lock(sale.plan.id))[1]) - len(sale.layout.seats) + SEATS


@rows
@pytest.mark.parametrize("lock", [lock_reservations, lock_seats, lock_all], ids=["holds", "seats", "a plan"])
async def test_whoever_decides_locks_seats_in_the_order_of_their_ids(
    sale: Sale, has_row: Rows, lock: Callable[[SeatingTransaction, Sale, Sequence[ReservationId]], Any]
) -> None:
    ids = await held_by_three(sale, has_row=has_row)

    async def decide() -> None:
        async with sale.transactions.begin(sale.tenant) as tx:
            assert await lock(tx, sale, ids) == SEATS

    await goes_by_id(sale, decide())

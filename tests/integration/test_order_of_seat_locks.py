"""Seats are locked in the order of their ids, whatever PostgreSQL knows of the tables: two never wait in a circle."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.seating import PostgresSeatingTransactions
from core.shared.ids import SeatId
from tests.sales import IDS, NOW, Sale, on_sale
from tests.servers import PostgresServer, connected

SEATS = 10
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
MOVED = "update seats set status = status where get_byte(uuid_send(id), 15) % 2 = 0"
"""Half of the seats lie elsewhere on the disk than they did at first."""


@pytest.fixture
async def sale(postgres: PostgresServer) -> AsyncIterator[Sale]:
    async with on_sale(postgres) as sale:
        async with connected(sale.admin_url) as admin:
            await admin.execute(OLD_HOLDS, NOW)
            await admin.execute(MOVED)
            for table in ("seats", "seat_reservations", "seat_reservation_items"):
                await admin.execute(f"vacuum analyze {table}")
        yield sale


async def locked_before(sale: Sale, work: Coroutine[Any, Any, object], seat_id: SeatId) -> set[SeatId]:
    """Let something work until it waits for a seat, and return the seats that it has locked by then."""
    async with connected(sale.admin_url) as blocker, connected(sale.admin_url) as admin:
        async with blocker.transaction():
            await blocker.execute("select from seats where id = $1 for update", seat_id)
            working = asyncio.create_task(work)
            await sale.waits()
            async with admin.transaction():
                free = await admin.fetch("select id from seats for update skip locked")
        await working
    return {seat.id for seat in sale.layout.seats} - {SeatId(row["id"]) for row in free} - {seat_id}


async def test_a_hold_locks_its_seats_in_the_order_of_their_ids(sale: Sale) -> None:
    wanted = sorted(seat.id for seat in sale.layout.seats[:SEATS])
    hold = sale.process()(sale.tenant, sale.wish(*range(SEATS)), now=NOW)
    assert await locked_before(sale, hold, wanted[6]) == set(wanted[:6])


async def test_the_sweep_locks_seats_in_the_order_of_their_ids(sale: Sale) -> None:
    held = (await sale.process()(sale.tenant, sale.wish(*range(SEATS)), now=NOW)).reservation
    ended = held.expires_at + timedelta(seconds=1)

    async def sweep() -> None:
        async with PostgresSeatingTransactions(sale.pool, IDS).begin(sale.tenant) as tx:
            [end] = await tx.seats.expire([held.id], now=ended, wait=False)
            assert len(end.seat_ids) == SEATS

    wanted = sorted(held.seat_ids)
    assert await locked_before(sale, sweep(), wanted[6]) == set(wanted[:6])

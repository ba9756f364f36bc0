"""Holds whose time is over, put there by SQL: what `hold_batch` writes, moved into the past."""

from collections.abc import Sequence

import asyncpg

from tests.benchmarks.hall import SEATS_A_HOLD
from tests.benchmarks.settling import settle
from tests.benchmarks.stage import HOLD_TTL_S, Hall, Stage

_DEAL = f"""
create temporary table dealt as
select tenant_id, plan_id, id, section_id, seat_label, price_minor,
       (row_number() over (order by plan_id, md5(id::text)) - 1) / {SEATS_A_HOLD} as four
  from bench_seats where plan_id = any($1::uuid[])
"""
# Their ids begin with the time at which they were made, as those of real holds do (UUID version 7, RFC 9562).
_NAME = f"""
create temporary table ended as
select fours.*, (lpad(to_hex((extract(epoch from held_at) * 1000)::bigint), 12, '0')
                 || substr(md5(plan_id::text || four), 1, 20))::uuid as reservation_id
  from (select tenant_id, plan_id, four,
               clock_timestamp() - make_interval(secs => {HOLD_TTL_S} + four % 60) as held_at
          from (select distinct tenant_id, plan_id, four from dealt) distinct_fours) fours
"""
_RESERVATIONS = f"""
insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status, seats_count,
                               currency, hold_ttl_s, held_at, ceiling_at, expires_at)
select e.tenant_id, e.reservation_id, e.plan_id, p.ticket_id, gen_random_uuid(),
       sha256(e.reservation_id::text::bytea), 'HELD', {SEATS_A_HOLD}, p.currency, {HOLD_TTL_S}, e.held_at,
       e.held_at + make_interval(secs => 3 * {HOLD_TTL_S}), e.held_at + make_interval(secs => {HOLD_TTL_S})
  from ended e join seating_plans p on p.tenant_id = e.tenant_id and p.id = e.plan_id
 order by e.held_at
"""
_ITEMS = """
insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor)
select d.tenant_id, e.reservation_id, d.id, d.section_id, d.seat_label, d.price_minor
  from ended e join dealt d on d.four = e.four order by e.held_at, e.four
"""
# In the order in which holds add them, which is not that of the hall.
_STATES = f"""
insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until)
select d.tenant_id, d.plan_id, d.id, 'HELD', e.reservation_id, e.held_at + make_interval(secs => {HOLD_TTL_S})
  from ended e join dealt d on d.four = e.four order by e.held_at, e.four, d.id
"""
_SEATS = "insert into seats select * from bench_seats where plan_id = any($1::uuid[]) order by id"
_TIMEOUT_S = 120.0


async def store_ended_holds(stage: Stage, halls: Sequence[Hall]) -> int:
    """Sell the halls out to holds of four that ended within the last minute; return how many holds there are.

    The halls must be built and not open.
    """
    plans = [hall.plan_id for hall in halls]
    connection = await asyncpg.connect(stage.database.admin_url)
    try:
        await connection.execute("set synchronous_commit = off")
        await connection.execute(_DEAL, plans, timeout=_TIMEOUT_S)
        await connection.execute(_NAME, timeout=_TIMEOUT_S)
        await connection.execute("analyze dealt; analyze ended")
        await connection.execute(_SEATS, plans, timeout=_TIMEOUT_S)
        for statement in (_RESERVATIONS, _ITEMS, _STATES):
            await connection.execute(statement, timeout=_TIMEOUT_S)
    finally:
        await connection.close()
    for table in ("seat_reservations", "seat_reservation_items", "seat_states", "seats"):
        await settle(stage.database.admin_url, table)
    return sum(hall.seats for hall in halls) // SEATS_A_HOLD

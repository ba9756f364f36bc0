"""200 buyers in four processes after the same 20 seats, round after round: never two owners, never a deadlock.

Each process has its own pool and its own clock, and works through the real use cases and adapters. A few rounds run
with the other tests; `make fire` runs a thousand of each kind.
"""

import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import pytest

from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from tests.hold_process import Finish
from tests.hold_rounds import HOT_SEATS, PROCESSES, Rounds, rounds_on
from tests.seating_world import TTL_S, a_plan, a_tenant
from tests.servers import PostgresServer

ROUNDS = int(os.environ.get("FAIRSEAT_TEST_FIRE_ROUNDS", "15"))
ENDINGS: tuple[Literal["release", "sell", "leave"], ...] = ("release", "sell", "leave")

pytestmark = pytest.mark.timeout(60 + 2 * ROUNDS)


@asynccontextmanager
async def rounds(
    postgres: PostgresServer,
    *,
    hold_ttl_s: int = TTL_S,
    skews_s: tuple[float, ...] = (0.0,) * PROCESSES,
    by_database: bool = False,
) -> AsyncIterator[Rounds]:
    database = await postgres.fresh("venue_db")
    tenant = a_tenant()
    plan, layout = a_plan(rows=2, columns=HOT_SEATS // 2, hold_ttl_s=hold_ttl_s)
    async with (
        await open_pool(database.app_url, connections_max=1) as pool,
        PostgresSeatingTransactions(pool, Uuid7Source()).begin(tenant) as tx,
    ):
        await tx.plans.add(plan, layout)
    seats = [(UUID(int=seat.id.int), seat.label) for seat in layout.seats]
    began = time.monotonic()
    async with rounds_on(
        database,
        tenant_id=tenant,
        plan_id=plan.id,
        seats=seats,
        hold_ttl_s=hold_ttl_s,
        skews_s=skews_s,
        by_database=by_database,
    ) as going:
        yield going
    print(f"{going.round} rounds in {time.monotonic() - began:.1f} s: {dict(going.counts)}")


async def test_buyers_in_four_processes_never_share_a_seat(postgres: PostgresServer) -> None:
    async with rounds(postgres) as going:
        for number in range(ROUNDS):
            granted = await going.hold(sweep=number % 2 == 1)
            assert sum(len(grant.seats) for grant in granted) == len({seat for g in granted for seat in g.seats})
            await going.finish(Finish(how=ENDINGS[number % 3]))
        assert going.counts["lost"] == 0 and going.counts["sold"] > 0, going.counts


async def test_with_clocks_apart_a_hold_may_end_early_but_a_seat_never_has_two_owners(
    postgres: PostgresServer,
) -> None:
    """Holds last 4 s and clocks are 5 s apart, so that what one process grants has ended already for another."""
    async with rounds(postgres, hold_ttl_s=4, skews_s=(0.0, 5.0, 0.0, -5.0)) as going:
        for number in range(ROUNDS):
            await going.hold(sweep=number % 2 == 1)
            await going.finish(Finish(how=ENDINGS[number % 3]))
        assert going.counts["lost"] > 0, "nobody lost a hold to a faster clock: the test does not test"
        assert going.counts["sold"] > 0, going.counts


async def test_processes_that_follow_the_clock_of_the_database_take_nothing_from_one_another(
    postgres: PostgresServer,
) -> None:
    """The clocks of the machines are an hour apart, and a hold lasts ten minutes."""
    async with rounds(postgres, skews_s=(0.0, 3600.0, 0.0, -3600.0), by_database=True) as going:
        for number in range(ROUNDS):
            await going.hold(sweep=number % 2 == 1)
            await going.finish(Finish(how=ENDINGS[number % 3]))
        assert going.counts["lost"] == 0 and going.counts["sold"] > 0, going.counts


async def test_what_a_killed_process_leaves_is_held_until_its_time_or_free(postgres: PostgresServer) -> None:
    dice = random.Random(9)
    async with rounds(postgres) as going:
        for number in range(ROUNDS):
            if number % 10 == 4:
                dead = going.processes[number // 10 % PROCESSES]
                await going.hold(kill=dead, after_s=dice.uniform(0.0, 0.08))
                await going.finish(Finish(how="leave"))
                await going.replace(dead)
            else:
                await going.hold(sweep=number % 2 == 1)
                await going.finish(Finish(how=ENDINGS[number % 3]))

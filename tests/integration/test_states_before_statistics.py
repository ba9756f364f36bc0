"""The states of a sale that has just begun are found by their keys, though PostgreSQL knows nothing of the table yet.

It takes a new table for a small one, and would read all states of the plan for each seat.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres.pool import Connection
from adapters.postgres.seating_blocks import PostgresBlocks
from adapters.postgres.seating_changes import PostgresPlanChanges
from adapters.postgres.seating_ledger import PostgresLedger
from adapters.postgres.transactions import tenant_transaction
from core.shared.ids import PlanId, ReservationId, SeatId
from tests.sales import NOW, Sale, on_sale
from tests.seating_world import TTL_S
from tests.servers import PostgresServer, connected

TIMES_MAX = 4
READ = """
select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) from pg_stat_xact_user_tables
 where relname = 'seat_states'
"""


@dataclass(frozen=True, slots=True)
class Evening:
    """A sale of which every seat is held, and one transaction that looks at it."""

    connection: Connection
    sale: Sale
    held: list[ReservationId]

    @property
    def ledger(self) -> PostgresLedger:
        return PostgresLedger(self.connection, self.sale.tenant)

    @property
    def plan_id(self) -> PlanId:
        return self.sale.plan.id

    @property
    def seat_ids(self) -> list[SeatId]:
        return [seat.id for seat in self.sale.layout.seats]

    async def states_read(self) -> int:
        """Return how often the transaction has read a state so far."""
        return int(await self.connection.fetchval(READ))


@pytest.fixture
async def sale(postgres: PostgresServer) -> AsyncIterator[Sale]:
    async with on_sale(postgres) as sale:
        async with connected(sale.admin_url) as admin:
            for table in ("seats", "seat_states", "seat_reservations", "seat_reservation_items"):
                await admin.execute(f"alter table {table} set (autovacuum_enabled = off)")
        yield sale


LOOKS: dict[str, Callable[[Evening], Coroutine[Any, Any, object]]] = {
    "map": lambda on: on.ledger.seat_map(on.plan_id),
    "letters": lambda on: on.ledger.letters(on.plan_id, now=NOW),
    "some letters": lambda on: on.ledger.letters(on.plan_id, now=NOW, between=(on.seat_ids[0], on.seat_ids[-1])),
    "states": lambda on: on.ledger.states(on.plan_id, on.seat_ids),
    "lock of holds": lambda on: on.ledger.lock_all(on.held, wait=True),
    "lock of seats": lambda on: PostgresBlocks(on.connection, on.sale.tenant).lock(on.plan_id, on.seat_ids),
    "lock of a plan": lambda on: PostgresPlanChanges(on.connection, on.sale.tenant).lock(on.plan_id),
    "sweep": lambda on: on.ledger.expire(on.held, now=NOW + timedelta(seconds=TTL_S), wait=False),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_no_state_is_read_again_for_each_seat(sale: Sale, look: str) -> None:
    grant, places = sale.process(), range(len(sale.layout.seats))
    held = [(await grant(sale.tenant, sale.wish(*places[at : at + 4]), now=NOW)).reservation.id for at in places[::4]]
    async with tenant_transaction(sale.pool, sale.tenant) as connection:
        evening = Evening(connection, sale, held)
        before = await evening.states_read()
        await LOOKS[look](evening)
        read = await evening.states_read() - before
    assert 0 < read <= TIMES_MAX * len(places)

"""The one place where the benchmarks build what grants holds, and ask it for one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from tests.published_builders import AlwaysOnSale
from usecases.seating.catalogues import Catalogues
from usecases.seating.grant_hold import GrantHold
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.ticket_sales import TicketSales

type Hold = Callable[[PlanId, tuple[SeatId, ...]], Awaitable[None]]
"""Holds seats for a buyer that never was before; raises what HoldSeats raises."""

CONNECTIONS_MAX = 10
"""As a service has them unless it is told otherwise (FAIRSEAT_VENUE_DATABASE_CONNECTIONS_MAX)."""


@asynccontextmanager
async def selling(
    database: Database, tenant_id: TenantId, *, plans: Sequence[PlanId], callers: int, batching: bool
) -> AsyncIterator[Hold]:
    """Build what holds seats as a service does, in batches or one by one, while the block lasts.

    The plans are read beforehand, as by a process that has sold some of their seats.
    """
    ids = Uuid7Source()
    async with await open_pool(database.app_url, connections_max=min(callers, CONNECTIONS_MAX)) as pool:
        transactions = PostgresSeatingTransactions(pool, ids)
        alone = PostgresHolds(pool, ids, transactions)
        catalogues = Catalogues(transactions)
        holds = BatchedHolds(pool, ids, alone=alone) if batching else alone
        grant = GrantHold(holds, transactions, catalogues, TicketSales(AlwaysOnSale()))
        hold_seats = HoldSeats(grant, RandomHoldTokens(), SystemClock())
        for plan_id in plans:
            await catalogues.of(tenant_id, plan_id, now=SystemClock().now())

        async def hold(plan_id: PlanId, seat_ids: tuple[SeatId, ...]) -> None:
            await hold_seats(plan_id, ReservationId(uuid4()), seat_ids, caller=Caller(AccountId(uuid4()), tenant_id))

        yield hold

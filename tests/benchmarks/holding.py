"""The one place where the benchmarks build what grants holds, and ask it for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from adapters.inprocess.holds import HoldsOneByOne
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from core.seating.reservations import Holder, HoldRequest, token_digest
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from ports.seating import Holds

type Hold = Callable[[PlanId, tuple[SeatId, ...]], Awaitable[None]]
"""Holds seats for a buyer that never was before; raises what the port raises."""

CONNECTIONS_MAX = 10
"""As a service has them unless it is told otherwise (FAIRSEAT_VENUE_DATABASE_CONNECTIONS_MAX)."""
_TOKEN_SHA256 = token_digest("the benchmarks never show it")


@asynccontextmanager
async def selling(database: Database, tenant_id: TenantId, *, callers: int, batching: bool) -> AsyncIterator[Hold]:
    """Build the store port of holds as a service does, in batches or one by one, while the block lasts."""
    ids, clock = Uuid7Source(), SystemClock()
    async with await open_pool(database.app_url, connections_max=min(callers, CONNECTIONS_MAX)) as pool:
        alone = HoldsOneByOne(PostgresSeatingTransactions(pool, ids))
        holds: Holds = BatchedHolds(pool, ids, alone=alone) if batching else alone

        async def hold(plan_id: PlanId, seat_ids: tuple[SeatId, ...]) -> None:
            request = HoldRequest(
                plan_id=plan_id,
                reservation_id=ReservationId(uuid4()),
                seat_ids=seat_ids,
                holder=Holder(AccountId(uuid4())),
                new_token_sha256=_TOKEN_SHA256,
            )
            await holds.hold(tenant_id, request, now=clock.now())

        yield hold

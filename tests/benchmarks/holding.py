"""The one place where the benchmarks build what grants holds, and ask it for one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from core.seating.hold_rules import claim_of
from core.seating.reservations import HoldRequest
from core.shared.holders import Holder, token_digest
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from usecases.seating.catalogues import Catalogues

type Hold = Callable[[PlanId, tuple[SeatId, ...]], Awaitable[None]]
"""Holds seats for a buyer that never was before; raises what the port raises."""

_DIGEST = token_digest("the same for all, since making one is not the store's work")

CONNECTIONS_MAX = 10
"""As a service has them unless it is told otherwise (FAIRSEAT_VENUE_DATABASE_CONNECTIONS_MAX)."""


@asynccontextmanager
async def selling(
    database: Database, tenant_id: TenantId, *, plans: Sequence[PlanId], callers: int, batching: bool
) -> AsyncIterator[Hold]:
    """Build what holds seats as a service does, in batches or one by one, while the block lasts.

    What is asked is the store's port, `Holds`: the plans are remembered, as in a process that has sold some of their
    seats, and each hold brings the claim that it makes by them. What the use case does before (who asks, whether the
    ticket is on sale, a new token) is measured over HTTP.
    """
    ids, clock = Uuid7Source(), SystemClock()
    async with await open_pool(database.app_url, connections_max=min(callers, CONNECTIONS_MAX)) as pool:
        transactions = PostgresSeatingTransactions(pool, ids)
        alone = PostgresHolds(pool, ids, transactions)
        holds = BatchedHolds(pool, ids, alone=alone) if batching else alone
        remembered = Catalogues(transactions)
        catalogues = {plan_id: await remembered.of(tenant_id, plan_id, now=clock.now()) for plan_id in plans}

        async def hold(plan_id: PlanId, seat_ids: tuple[SeatId, ...]) -> None:
            request = HoldRequest(
                plan_id=plan_id,
                reservation_id=ReservationId(ids.new()),
                seat_ids=seat_ids,
                holder=Holder(AccountId(ids.new())),
                new_token_sha256=_DIGEST,
            )
            await holds.hold(tenant_id, claim_of(request, catalogues[plan_id]), now=clock.now())

        yield hold

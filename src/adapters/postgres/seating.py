"""Seating on PostgreSQL: transactions of one tenant, and the finder of what has expired."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.plan_writing import PostgresPlanWriting
from adapters.postgres.pool import Pool, driver_errors_translated
from adapters.postgres.seating_blocks import PostgresBlocks
from adapters.postgres.seating_changes import PostgresPlanChanges
from adapters.postgres.seating_ledger import PostgresLedger
from adapters.postgres.seating_plans import PostgresPlans
from adapters.postgres.transactions import tenant_transaction
from core.shared.ids import TenantId
from ports.events import Inbox, Outbox
from ports.ids import IdSource
from ports.seating import (
    DueReservation,
    ExpiredReservations,
    PlanStore,
    SeatBlocks,
    SeatingTransaction,
    SeatingTransactions,
    SeatLedger,
)
from ports.seating.plan_changes import PlanChanges
from ports.seating.plan_writing import PlanWriting


@dataclass(frozen=True, slots=True)
class _Transaction:
    plans: PlanStore
    seats: SeatLedger
    blocks: SeatBlocks
    outbox: Outbox
    inbox: Inbox
    writing: PlanWriting
    changes: PlanChanges


class PostgresSeatingTransactions(SeatingTransactions):
    """Transactions on venue_db, as the app role."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield _Transaction(
                PostgresPlans(connection, tenant_id),
                PostgresLedger(connection, tenant_id),
                PostgresBlocks(connection, tenant_id),
                PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
                PostgresInbox(connection, tenant_id=tenant_id),
                PostgresPlanWriting(connection, tenant_id),
                PostgresPlanChanges(connection, tenant_id),
            )


class PostgresExpiredReservations(ExpiredReservations):
    """Looks across tenants with the relay role, which may read when reservations end and of which plans they are."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[DueReservation]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                """
                select tenant_id, plan_id, id from seat_reservations
                where status in ('HELD', 'RESERVED') and expires_at <= $1 order by expires_at, tenant_id, id limit $2
                """,
                now,
                reservations_max,
            )
        return [DueReservation(row["tenant_id"], row["plan_id"], row["id"]) for row in rows]

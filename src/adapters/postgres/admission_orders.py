"""What was heard of orders and of their disputes, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from adapters.postgres.pass_rows import dispute_of, standing_of
from adapters.postgres.pool import Connection
from core.admission.disputes import OrderDispute
from core.admission.passes import OrderStanding
from core.shared.ids import AccountId, OrderId, TenantId
from ports.admission import OrderDisputeStore, OrderStandingStore


class PostgresOrderStandingStore(OrderStandingStore):
    """What was heard of the orders of one tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def get(self, order_id: OrderId) -> OrderStanding | None:
        row = await self._connection.fetchrow(
            "select * from order_standings where tenant_id = $1 and order_id = $2", self._tenant_id, order_id
        )
        return standing_of(row) if row is not None else None

    @override
    async def note(
        self, order_id: OrderId, *, account_id: AccountId | None = None, refunded_at: datetime | None = None
    ) -> OrderStanding:
        row = await self._connection.fetchrow(
            """
            insert into order_standings as known (tenant_id, order_id, account_id, refunded_at)
            values ($1, $2, $3, $4)
            on conflict on constraint order_standings_pkey do update
               set account_id = coalesce(known.account_id, excluded.account_id),
                   refunded_at = coalesce(known.refunded_at, excluded.refunded_at)
            returning *
            """,
            self._tenant_id,
            order_id,
            account_id,
            refunded_at,
        )
        assert row is not None, "an upsert without a condition always gives a row"
        return standing_of(row)


class PostgresOrderDisputeStore(OrderDisputeStore):
    """What was heard of the disputes of one tenant's orders."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def note(self, dispute: OrderDispute, *, at: datetime) -> None:
        await self._connection.execute(
            """
            insert into disputed_orders as known (tenant_id, order_id, dispute_id, standing, version, heard_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict on constraint disputed_orders_pkey do update
               set standing = excluded.standing, version = excluded.version, heard_at = excluded.heard_at
             where known.version < excluded.version
            """,
            self._tenant_id,
            dispute.order_id,
            dispute.dispute_id,
            dispute.standing.value,
            dispute.version,
            at,
        )

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[OrderDispute]:
        rows = await self._connection.fetch(
            "select * from disputed_orders where tenant_id = $1 and order_id = $2 order by dispute_id",
            self._tenant_id,
            order_id,
        )
        return [dispute_of(row) for row in rows]

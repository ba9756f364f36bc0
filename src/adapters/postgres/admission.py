"""Passes, orders' standings and keys on PostgreSQL."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pass_rows import dispute_of, key_of, pass_of, row_of, standing_of
from adapters.postgres.pool import Connection, Pool, rows_touched
from adapters.postgres.transactions import tenant_transaction
from core.admission.disputes import OrderDispute
from core.admission.keys import PassKey
from core.admission.passes import REFUNDED, OrderStanding, Pass, Unit
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, TenantId, TicketId
from ports.admission import (
    AdmissionTransaction,
    AdmissionTransactions,
    OrderDisputeStore,
    OrderStandingStore,
    PassKeyStore,
    PassStore,
)
from ports.events import Inbox, Outbox
from ports.ids import IdSource


class PostgresPassStore(PassStore):
    """The passes of one tenant in an open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add_missing(self, passes: Sequence[Pass]) -> Sequence[PassId]:
        rows = await self._connection.fetchmany(
            """
            insert into passes (
                tenant_id, id, order_id, order_item_id, account_id, ticket_id,
                event_title, event_starts_at, event_ends_at, event_time_zone, venue_id, venue_name,
                seat_id, seat_label, seat_section, seat_row, seat_number,
                face_value_minor, currency, status, revision, issued_at, voided_at, unit, ticket_title, void_reason,
                frozen_at, freeze_reason
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                    $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
            on conflict on constraint passes_order_item_unit do nothing
            returning id
            """,
            [row_of(self._tenant_id, each) for each in passes],
        )
        return [PassId(row["id"]) for row in rows]

    @override
    async def get(self, pass_id: PassId) -> Pass | None:
        row = await self._connection.fetchrow(
            "select * from passes where tenant_id = $1 and id = $2", self._tenant_id, pass_id
        )
        return pass_of(row) if row is not None else None

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[Pass]:
        rows = await self._connection.fetch(
            "select * from passes where tenant_id = $1 and order_id = $2 order by id", self._tenant_id, order_id
        )
        return [pass_of(row) for row in rows]

    @override
    async def void_order(self, order_id: OrderId, *, at: datetime, reason: str = REFUNDED) -> int:
        status = await self._connection.execute(
            """
            update passes
               set status = 'VOID', voided_at = $3, void_reason = $4, frozen_at = null, freeze_reason = null
            where tenant_id = $1 and order_id = $2 and status <> 'VOID'
            """,
            self._tenant_id,
            order_id,
            at,
            reason,
        )
        return rows_touched(status)

    @override
    async def freeze_order(self, order_id: OrderId, *, reason: str, at: datetime) -> int:
        status = await self._connection.execute(
            """
            update passes set status = 'FROZEN', frozen_at = $3, freeze_reason = $4
            where tenant_id = $1 and order_id = $2 and status = 'VALID'
            """,
            self._tenant_id,
            order_id,
            at,
            reason,
        )
        return rows_touched(status)

    @override
    async def thaw_order(self, order_id: OrderId) -> int:
        status = await self._connection.execute(
            """
            update passes set status = 'VALID', frozen_at = null, freeze_reason = null
            where tenant_id = $1 and order_id = $2 and status = 'FROZEN'
            """,
            self._tenant_id,
            order_id,
        )
        return rows_touched(status)

    @override
    async def void_units(self, order_id: OrderId, units: Collection[Unit], *, reason: str, at: datetime) -> int:
        arguments = self._tenant_id, order_id, [item for item, _ in units], [unit for _, unit in units], at
        await self._connection.execute(
            """
            insert into returned_units (tenant_id, order_id, order_item_id, unit, returned_at)
            select $1, $2, u.item, u.unit, $5 from unnest($3::uuid[], $4::integer[]) as u (item, unit)
            on conflict do nothing
            """,
            *arguments,
        )
        status = await self._connection.execute(
            """
            update passes p
               set status = 'VOID', voided_at = $5, void_reason = $6, frozen_at = null, freeze_reason = null
            from unnest($3::uuid[], $4::integer[]) as u (item, unit)
            where p.tenant_id = $1 and p.order_id = $2 and p.order_item_id = u.item and p.unit = u.unit
              and p.status <> 'VOID'
            """,
            *arguments,
            reason,
        )
        return rows_touched(status)

    @override
    async def returned(self, order_id: OrderId) -> frozenset[Unit]:
        rows = await self._connection.fetch(
            "select order_item_id, unit from returned_units where tenant_id = $1 and order_id = $2",
            self._tenant_id,
            order_id,
        )
        return frozenset((OrderItemId(row["order_item_id"]), row["unit"]) for row in rows)


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


class PostgresPassKeyStore(PassKeyStore):
    """The keys of the events of one tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def of_ticket(self, ticket_id: TicketId) -> PassKey | None:
        row = await self._connection.fetchrow(
            "select * from pass_keys where tenant_id = $1 and ticket_id = $2", self._tenant_id, ticket_id
        )
        return key_of(row) if row is not None else None

    @override
    async def of_tickets(self, ticket_ids: Sequence[TicketId]) -> Sequence[PassKey]:
        rows = await self._connection.fetch(
            "select * from pass_keys where tenant_id = $1 and ticket_id = any($2::uuid[])",
            self._tenant_id,
            list(ticket_ids),
        )
        return [key_of(row) for row in rows]

    @override
    async def add_first(self, key: PassKey) -> PassKey:
        await self._connection.execute(
            """
            insert into pass_keys (tenant_id, key_id, ticket_id, public_key, sealed_private_key, created_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict on constraint pass_keys_ticket do nothing
            """,
            self._tenant_id,
            key.key_id,
            key.ticket_id,
            key.public_key,
            key.sealed_private_key,
            key.created_at,
        )
        # At READ COMMITTED this statement sees what the insert waited for: the key of whoever was first.
        standing = await self.of_ticket(key.ticket_id)
        assert standing is not None, "keys are never deleted"
        return standing

    @override
    async def newest(self, *, keys_max: int) -> Sequence[PassKey]:
        rows = await self._connection.fetch(
            "select * from pass_keys where tenant_id = $1 order by created_at desc, key_id desc limit $2",
            self._tenant_id,
            keys_max,
        )
        return [key_of(row) for row in rows]


@dataclass(slots=True)
class PostgresAdmissionTransaction(AdmissionTransaction):
    """The stores of one tenant in an open transaction."""

    passes: PassStore
    orders: OrderStandingStore
    disputes: OrderDisputeStore
    keys: PassKeyStore
    outbox: Outbox
    inbox: Inbox


class PostgresAdmissionTransactions(AdmissionTransactions):
    """Transactions on admission_db as its app role, which sees the rows of the transaction's tenant only."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[AdmissionTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield PostgresAdmissionTransaction(
                passes=PostgresPassStore(connection, tenant_id),
                orders=PostgresOrderStandingStore(connection, tenant_id),
                disputes=PostgresOrderDisputeStore(connection, tenant_id),
                keys=PostgresPassKeyStore(connection, tenant_id),
                outbox=PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
                inbox=PostgresInbox(connection, tenant_id=tenant_id),
            )

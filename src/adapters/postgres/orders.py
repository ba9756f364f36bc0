"""Orders on PostgreSQL."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.order_item_rows import INSERT_ITEMS, REPLACE_SEATS, item_arguments, replaced_seats_arguments
from adapters.postgres.order_passed_on import PostgresPassedOnStore
from adapters.postgres.order_refunds import PostgresRefundPolicyStore, PostgresRefundStore
from adapters.postgres.order_rows import (
    INSERT,
    INSERT_HISTORY,
    INSERT_RESERVATIONS,
    LIVE_WITH,
    LOCK_WITH_ORIGINS,
    OF_TICKETS,
    REPLACE_RESERVATIONS,
    SELECT,
    UPDATE,
    history_arguments,
    insert_arguments,
    order_of,
    reservation_arguments,
    update_arguments,
)
from adapters.postgres.orders_fees import PostgresFeeScheduleStore
from adapters.postgres.orders_vouchers import PostgresVoucherStore
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import tenant_transaction
from core.orders.content import OrderContent
from core.orders.errors import ReservationOrderedError
from core.orders.order import Order
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId, TicketId
from ports.events import Inbox, Outbox
from ports.ids import IdSource
from ports.orders import (
    DueOrder,
    DueOrders,
    FeeScheduleStore,
    OrderStore,
    OrderTransaction,
    OrderTransactions,
    PassedOnStore,
    RefundPolicyStore,
    RefundStore,
    VoucherStore,
)
from ports.paging import Page, PageRequest


class PostgresOrderStore(OrderStore):
    """The orders of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._known: dict[OrderId, Order] = {}
        """Orders as they are stored, so that a save writes only the items and history that are new."""

    @override
    async def add(self, order: Order) -> None:
        await self._connection.execute(INSERT, *insert_arguments(self._tenant_id, order))
        status = await self._connection.execute(INSERT_RESERVATIONS, *reservation_arguments(self._tenant_id, order))
        if rows_touched(status) != len(order.reservations):
            raise ReservationOrderedError
        await self._connection.execute(INSERT_HISTORY, *history_arguments(self._tenant_id, order, known=0))
        self._known[order.id] = order

    @override
    async def get(self, order_id: OrderId) -> Order | None:
        return self._one(await self._connection.fetchrow(f"{SELECT} and o.id = $2", self._tenant_id, order_id))

    @override
    async def locked(self, order_id: OrderId) -> Order | None:
        # Locked first and read by a second statement: one that waits for a lock does not see the items and history
        # that came in meanwhile.
        found = await self._connection.fetchval(
            "select true from orders where tenant_id = $1 and id = $2 for update", self._tenant_id, order_id
        )
        return await self.get(order_id) if found else None

    @override
    async def locked_with_origins(self, order_id: OrderId) -> Order | None:
        await self._connection.fetch(LOCK_WITH_ORIGINS, self._tenant_id, order_id)
        return await self.get(order_id)

    @override
    async def save(self, order: Order) -> None:
        status = await self._connection.execute(UPDATE, *update_arguments(self._tenant_id, order))
        if rows_touched(status) != 1:
            raise StaleVersionError("The order was changed by somebody else.")
        stored = self._known.get(order.id)
        if order.content is not None and (stored is None or stored.content is None):
            await self._connection.execute(INSERT_ITEMS, *item_arguments(self._tenant_id, order, order.content))
        if order.content is not None and (stored is None or stored.reservations != order.reservations):
            await self._replace_seats(order, order.content)
        known = len(stored.history) if stored else 0
        await self._connection.execute(INSERT_HISTORY, *history_arguments(self._tenant_id, order, known=known))
        self._known[order.id] = order

    async def _replace_seats(self, order: Order, content: OrderContent) -> None:
        ids = list(order.reservation_ids)
        await self._connection.execute(REPLACE_RESERVATIONS, self._tenant_id, order.id, ids)
        await self._connection.execute(REPLACE_SEATS, *replaced_seats_arguments(self._tenant_id, order, content))

    @override
    async def live_with(self, reservation_ids: Collection[ReservationId], account_id: AccountId) -> Sequence[Order]:
        rows = await self._connection.fetch(
            f"{SELECT} and o.id in ({LIVE_WITH}) order by o.id", self._tenant_id, list(reservation_ids), account_id
        )
        return [self._kept(row) for row in rows]

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Order]:
        rows = await self._connection.fetch(
            f"{SELECT} and ($2::uuid is null or o.account_id = $2) and ($3::uuid is null or o.id > $3) "
            "order by o.id limit $4",
            self._tenant_id,
            account_id,
            page.after,
            page.limit + 1,
        )
        return _page_of(rows, page)

    @override
    async def page_of_tickets(self, page: PageRequest, ticket_ids: Collection[TicketId]) -> Page[Order]:
        rows = await self._connection.fetch(
            f"{SELECT} and o.id in ({OF_TICKETS}) and ($3::uuid is null or o.id > $3) order by o.id limit $4",
            self._tenant_id,
            list(ticket_ids),
            page.after,
            page.limit + 1,
        )
        return _page_of(rows, page)

    @override
    async def box_office_page(self, page: PageRequest) -> Page[Order]:
        rows = await self._connection.fetch(
            f"{SELECT} and o.sold_by is not null and ($2::uuid is null or o.id > $2) order by o.id limit $3",
            self._tenant_id,
            page.after,
            page.limit + 1,
        )
        return _page_of(rows, page)

    def _one(self, row: asyncpg.Record | None) -> Order | None:
        return self._kept(row) if row is not None else None

    def _kept(self, row: asyncpg.Record) -> Order:
        order = order_of(row)
        self._known[order.id] = order
        return order


def _page_of(rows: Sequence[asyncpg.Record], page: PageRequest) -> Page[Order]:
    items = tuple(order_of(row) for row in rows[: page.limit])
    return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


@dataclass(frozen=True, slots=True)
class _PostgresOrderTransaction(OrderTransaction):
    orders: OrderStore
    fee_schedules: FeeScheduleStore
    vouchers: VoucherStore
    refunds: RefundStore
    passed_on: PassedOnStore
    policies: RefundPolicyStore
    outbox: Outbox
    inbox: Inbox


class PostgresOrderTransactions(OrderTransactions):
    """Transactions on order_db as its app role, which row-level security binds to the tenant."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[OrderTransaction]:
        return self._begin(tenant_id)

    @asynccontextmanager
    async def _begin(self, tenant_id: TenantId) -> AsyncGenerator[OrderTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield _PostgresOrderTransaction(
                orders=PostgresOrderStore(connection, tenant_id),
                fee_schedules=PostgresFeeScheduleStore(connection, tenant_id),
                vouchers=PostgresVoucherStore(connection, tenant_id),
                refunds=PostgresRefundStore(connection, tenant_id),
                passed_on=PostgresPassedOnStore(connection, tenant_id),
                policies=PostgresRefundPolicyStore(connection, tenant_id),
                outbox=PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
                inbox=PostgresInbox(connection, tenant_id=tenant_id),
            )


class PostgresDueOrders(DueOrders):
    """The sweep's view, through the relay role: it reads ids and times of every tenant, and nothing else."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, orders_max: int) -> Sequence[DueOrder]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                "select tenant_id, id from orders where due_at <= $1 order by due_at, tenant_id, id limit $2",
                now,
                orders_max,
            )
        return [DueOrder(TenantId(row["tenant_id"]), OrderId(row["id"])) for row in rows]

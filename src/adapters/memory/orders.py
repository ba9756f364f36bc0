"""Orders in memory: the twin of the PostgreSQL adapter, for tests and demonstrations."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from adapters.memory.messaging import MemoryMessages
from adapters.memory.order_passed_on import HandedOverRows, MemoryPassedOnStore, PassedOnRows
from adapters.memory.order_refunds import MemoryRefundPolicyStore, MemoryRefundStore, PolicyRows, RefundRows
from adapters.memory.orders_fees import FeeScheduleRows, MemoryFeeScheduleStore
from adapters.memory.orders_vouchers import MemoryVoucherStore, OrderRows, VoucherRows
from core.orders.errors import ReservationOrderedError
from core.orders.order import Order
from core.orders.statuses import LIVE
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId, TicketId
from ports.events import Inbox, Outbox
from ports.orders import (
    DueOrder,
    DueOrders,
    DueRefund,
    DueRefunds,
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


class MemoryOrderStore(OrderStore):
    """The orders of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: OrderRows, tenant_id: TenantId) -> None:
        self._rows = rows
        self._tenant_id = tenant_id

    @override
    async def add(self, order: Order) -> None:
        if await self.live_with(order.reservation_ids, order.account_id):
            raise ReservationOrderedError
        self._rows[self._tenant_id, order.id] = order

    @override
    async def get(self, order_id: OrderId) -> Order | None:
        return self._rows.get((self._tenant_id, order_id))

    @override
    async def locked(self, order_id: OrderId) -> Order | None:
        return await self.get(order_id)

    @override
    async def locked_with_origins(self, order_id: OrderId) -> Order | None:
        return await self.get(order_id)

    @override
    async def save(self, order: Order) -> None:
        stored = await self.get(order.id)
        if stored is None or stored.version != order.version - 1:
            raise StaleVersionError("The order was changed by somebody else.")
        self._rows[self._tenant_id, order.id] = order

    @override
    async def live_with(self, reservation_ids: Collection[ReservationId], account_id: AccountId) -> Sequence[Order]:
        found = [
            order
            for order in self._tenants()
            if order.account_id == account_id
            and order.status in LIVE
            and not set(reservation_ids).isdisjoint(order.reservation_ids)
        ]
        return sorted(found, key=lambda order: order.id)

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Order]:
        wanted = [
            order
            for order in self._tenants()
            if account_id in {None, order.account_id} and (page.after is None or order.id > page.after)
        ]
        return _page_of(wanted, page)

    @override
    async def page_of_tickets(self, page: PageRequest, ticket_ids: Collection[TicketId]) -> Page[Order]:
        wanted = [
            order
            for order in self._tenants()
            if order.content is not None
            and any(item.ticket_id in ticket_ids for item in order.content.items)
            and (page.after is None or order.id > page.after)
        ]
        return _page_of(wanted, page)

    @override
    async def box_office_page(self, page: PageRequest) -> Page[Order]:
        sold = [order for order in self._tenants() if order.sale is not None]
        return _page_of([order for order in sold if page.after is None or order.id > page.after], page)

    def _tenants(self) -> list[Order]:
        return [order for (tenant_id, _), order in self._rows.items() if tenant_id == self._tenant_id]


def _page_of(wanted: list[Order], page: PageRequest) -> Page[Order]:
    items = sorted(wanted, key=lambda order: order.id)[: page.limit]
    return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)


@dataclass(frozen=True, slots=True)
class _MemoryOrderTransaction(OrderTransaction):
    orders: OrderStore
    fee_schedules: FeeScheduleStore
    vouchers: VoucherStore
    refunds: RefundStore
    passed_on: PassedOnStore
    policies: RefundPolicyStore
    outbox: Outbox
    inbox: Inbox


class MemoryOrderTransactions(OrderTransactions, DueOrders):
    """One transaction at a time, under the lock of the service's messages; rolled back when its block raises."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._rows: OrderRows = {}
        self._fee_schedules: FeeScheduleRows = {}
        self._vouchers = VoucherRows()
        self._refunds: RefundRows = {}
        self._policies: PolicyRows = {}
        self._passed_on: PassedOnRows = {}
        self._handed_over: HandedOverRows = {}
        self.due_refunds: DueRefunds = _MemoryDueRefunds(messages, self._refunds)

    @override
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[OrderTransaction]:
        return self._begin(tenant_id)

    @asynccontextmanager
    async def _begin(self, tenant_id: TenantId) -> AsyncGenerator[OrderTransaction]:
        async with self._messages.transaction():
            before = dict(self._rows), dict(self._fee_schedules), dict(self._refunds), dict(self._policies)
            passed_on_before = dict(self._passed_on), dict(self._handed_over)
            vouchers_before = self._vouchers.copied()
            try:
                yield _MemoryOrderTransaction(
                    orders=MemoryOrderStore(self._rows, tenant_id),
                    fee_schedules=MemoryFeeScheduleStore(self._fee_schedules, tenant_id),
                    vouchers=MemoryVoucherStore(self._vouchers, self._rows, tenant_id),
                    refunds=MemoryRefundStore(self._refunds, tenant_id, lambda id: self._rows.get((tenant_id, id))),
                    passed_on=MemoryPassedOnStore(self._passed_on, self._handed_over, tenant_id),
                    policies=MemoryRefundPolicyStore(self._policies, tenant_id),
                    outbox=self._messages.outbox(tenant_id),
                    inbox=self._messages.inbox,
                )
            except BaseException:
                _put_back(self._rows, before[0])
                _put_back(self._fee_schedules, before[1])
                _put_back(self._refunds, before[2])
                _put_back(self._policies, before[3])
                _put_back(self._passed_on, passed_on_before[0])
                _put_back(self._handed_over, passed_on_before[1])
                self._vouchers.restore(vouchers_before)
                raise

    @override
    async def due(self, *, now: datetime, orders_max: int) -> Sequence[DueOrder]:
        async with self._messages.lock:
            overdue = sorted(
                (order.due_at, tenant_id, order_id)
                for (tenant_id, order_id), order in self._rows.items()
                if order.due_at is not None and order.due_at <= now
            )
        return [DueOrder(tenant_id, order_id) for _, tenant_id, order_id in overdue[:orders_max]]


class _MemoryDueRefunds(DueRefunds):
    def __init__(self, messages: MemoryMessages, rows: RefundRows) -> None:
        self._messages = messages
        self._rows = rows

    @override
    async def due(self, *, now: datetime, refunds_max: int) -> Sequence[DueRefund]:
        async with self._messages.lock:
            overdue = sorted(
                (refund.due_at, tenant_id, refund_id, refund.order_id)
                for (tenant_id, refund_id), refund in self._rows.items()
                if refund.due_at is not None and refund.due_at <= now
            )
        return [DueRefund(tenant_id, order_id, id) for _, tenant_id, id, order_id in overdue[:refunds_max]]


def _put_back[K, V](rows: dict[K, V], before: dict[K, V]) -> None:
    rows.clear()
    rows.update(before)

"""EventOrdersApi within one process."""

from collections.abc import Awaitable, Callable
from typing import Literal, override
from uuid import UUID

import msgspec

from adapters.inprocess.refusals import refusals_translated
from core.orders.event_ends import EventEnd
from core.shared.ids import AccountId, OperationId, OrderId, TenantId, TicketId
from ports.paging import PageRequest
from ports.published.event_orders import EndedOrder, EndRefund, EventEnded, EventOrdersApi, OrderOfEvent, OrdersOfEvent
from usecases.orders.end_event_orders import EndEventOrder, ReadEventOrders, StandingOfEvent

type _Status = Literal["pending", "awaiting_payment", "confirmed", "cancelled", "expired"]


class InProcessEventOrders(EventOrdersApi):
    """Calls the use cases of orders."""

    def __init__(self, read: ReadEventOrders, end: EndEventOrder) -> None:
        self._read = read
        self._end = end

    @override
    async def page(self, *, tenant_id: UUID, ended: EventEnded, after: UUID | None, limit: int) -> OrdersOfEvent:
        async with refusals_translated():
            page = await self._read(TenantId(tenant_id), _end_of(ended), PageRequest(limit, after))
        return OrdersOfEvent(orders=tuple(_shown(each) for each in page.items), next_after=page.next_after)

    @override
    async def end(self, *, tenant_id: UUID, order_id: UUID, ended: EventEnded) -> EndedOrder:
        async with refusals_translated():
            return await self._end(TenantId(tenant_id), OrderId(order_id), _end_of(ended))


class LateEventOrders(EventOrdersApi):
    """Asks for the API with each call: orders are made of seating and resale, whose container needs this to be made."""

    def __init__(self, get: Callable[[], Awaitable[EventOrdersApi]]) -> None:
        self._get = get

    @override
    async def page(self, *, tenant_id: UUID, ended: EventEnded, after: UUID | None, limit: int) -> OrdersOfEvent:
        return await (await self._get()).page(tenant_id=tenant_id, ended=ended, after=after, limit=limit)

    @override
    async def end(self, *, tenant_id: UUID, order_id: UUID, ended: EventEnded) -> EndedOrder:
        return await (await self._get()).end(tenant_id=tenant_id, order_id=order_id, ended=ended)


def _end_of(ended: EventEnded) -> EventEnd:
    return EventEnd(
        operation_id=OperationId(ended.operation_id),
        ticket_ids=frozenset(TicketId(id) for id in ended.ticket_ids),
        by=AccountId(ended.by),
        reason=ended.reason,
        refund_fees=ended.refund_fees,
    )


def _shown(standing: StandingOfEvent) -> OrderOfEvent:
    order = standing.order
    assert order.content is not None, "only what was reserved has tickets"
    return OrderOfEvent(
        order_id=order.id,
        status=msgspec.convert(order.status.value.lower(), _Status),
        admissions=standing.admissions,
        due_minor=standing.due_minor,
        gone_minor=standing.gone_minor,
        currency=order.content.currency,
        by_hand=order.sale is not None,
        resale=order.is_resale,
        obstacle=standing.obstacle,
        refunds=tuple(
            EndRefund(
                refund_id=each.id, amount_minor=each.amount.amount_minor, status=each.status.value, failure=each.failure
            )
            for each in standing.refunds
        ),
    )

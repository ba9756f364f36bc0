"""Refund what is sold although its event was cancelled, or could not be refunded before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import override
from uuid import UUID

from core.orders.content import ResaleLine
from core.orders.disputes import heard_version
from core.orders.event_ends import EventEnd
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, DisputeId, OperationId, OrderId, OrderItemId, TenantId, TicketId
from ports.events import Consumer, Delivery
from ports.orders import OrderTransactions
from ports.published.admission import PassNotReissued
from ports.published.orders import OrderCompleted
from ports.published.payments import DisputeClosed
from ports.published.refusals import RefusedError
from ports.published.ticketing import EventCancellation, TicketingApi
from usecases.orders.access import present_order
from usecases.orders.end_event_orders import EndEventOrder


@dataclass(frozen=True, slots=True)
class EndLateOrder:
    """Part of the consumers below. An order is ended for the tickets of it that are cancelled, if there are any.

    Tickets are cancelled before the operation looks for orders: what is confirmed before is found by it, and what is
    confirmed later finds its tickets cancelled here. Repeating it refunds nothing twice, so no inbox is needed.
    """

    ticketing: TicketingApi
    end: EndEventOrder

    async def __call__(self, tenant_id: TenantId, order_id: OrderId, ticket_ids: Iterable[UUID]) -> None:
        """Raises OrderNotFoundError, StaleVersionError, and UnavailableError while ticketing cannot be asked."""
        ends: dict[UUID, tuple[EventCancellation, set[TicketId]]] = {}
        for ticket_id in dict.fromkeys(ticket_ids):
            try:
                ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
            except RefusedError:
                continue
            if (found := ticket.cancellation) is not None:
                ends.setdefault(found.operation_id, (found, set()))[1].add(TicketId(ticket_id))
        for found, cancelled in ends.values():
            end = EventEnd(
                operation_id=OperationId(found.operation_id),
                ticket_ids=frozenset(cancelled),
                by=AccountId(found.by),
                reason=found.reason,
                refund_fees=found.refund_fees,
            )
            await self.end(tenant_id, order_id, end)


@dataclass(frozen=True, slots=True)
class EndOrderSoldLate(Consumer[OrderCompleted]):
    """Done by the system: the payment was under way when the event was cancelled."""

    end_late: EndLateOrder

    @override
    async def __call__(self, event: OrderCompleted, delivery: Delivery) -> None:
        await self.end_late(_tenant(delivery), OrderId(event.order_id), (each.ticket_id for each in event.tickets))


@dataclass(frozen=True, slots=True)
class EndOrderAfterDispute(Consumer[DisputeClosed]):
    """Done by the system: the money is the organisation's again, and can go back for what was cancelled meanwhile."""

    transactions: OrderTransactions
    end_late: EndLateOrder

    @override
    async def __call__(self, event: DisputeClosed, delivery: Delivery) -> None:
        """Raises StaleVersionError while the order does not know of the verdict."""
        if event.outcome != "won":
            return
        tenant_id = _tenant(delivery)
        order = await present_order(self.transactions, tenant_id, OrderId(event.order_id))
        if heard_version(order.history, DisputeId(event.dispute_id)) < event.version:
            raise StaleVersionError("The verdict is not noted yet; try again.")
        if order.content is not None:
            await self.end_late(tenant_id, order.id, (each.ticket_id for each in order.content.tickets))


@dataclass(frozen=True, slots=True)
class EndOrderOfKeptPass(Consumer[PassNotReissued]):
    """Done by the system: a resale fell through, so that the seller's order has its pass again: its price is due."""

    transactions: OrderTransactions
    end_late: EndLateOrder

    @override
    async def __call__(self, event: PassNotReissued, delivery: Delivery) -> None:
        """Raises StaleVersionError while the buyer's order has the admission still."""
        tenant_id, item_id = _tenant(delivery), OrderItemId(event.order_item_id)
        async with self.transactions.begin(tenant_id) as tx:
            order = await tx.orders.get(OrderId(event.order_id))
            passed_on = await tx.passed_on.to_order(OrderId(event.order_id))
        found = next((each for each in passed_on if each.to_item_id == item_id), None)
        if found is not None and found.reissued_at is None:
            raise StaleVersionError("The admission is not its seller's again yet; try again.")
        lines = order.content.items if order is not None and order.content is not None else ()
        for line in lines:
            if found is None and isinstance(line, ResaleLine) and line.id == item_id:
                await self.end_late(tenant_id, line.origin.order_id, [line.ticket_id])


def _tenant(delivery: Delivery) -> TenantId:
    if delivery.tenant_id is None:
        raise ValueError("orders are always some organisation's")
    return TenantId(delivery.tenant_id)

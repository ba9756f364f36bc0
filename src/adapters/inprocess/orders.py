"""OrdersApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.orders.content import seat_of
from core.shared.ids import OrderId, TenantId
from ports.orders import OrderTransactions
from ports.published.orders import OrderItemRecord, OrderRecord, OrdersApi, OrderStepRecord
from usecases.orders.access import present_order
from usecases.orders.announcements import ordered_ticket


class InProcessOrders(OrdersApi):
    """Reads orders as the background work of orders does."""

    def __init__(self, transactions: OrderTransactions) -> None:
        self._transactions = transactions

    @override
    async def order(self, *, tenant_id: UUID, order_id: UUID) -> OrderRecord:
        async with refusals_translated():
            order = await present_order(self._transactions, TenantId(tenant_id), OrderId(order_id))
        content, contact = order.content, order.contact
        return OrderRecord(
            order_id=order.id,
            account_id=order.account_id,
            status=order.status.value,
            placed_at=order.placed_at,
            contact_email=contact.email if contact else None,
            contact_name=contact.name if contact else None,
            total_minor=content.total.amount_minor if content else None,
            currency=content.currency if content else None,
            tickets=tuple(ordered_ticket(ticket) for ticket in content.tickets) if content else (),
            items=tuple(
                OrderItemRecord(
                    order_item_id=item.id,
                    ticket_id=item.ticket_id,
                    quantity=item.quantity,
                    label=seat.label if (seat := seat_of(item)) else None,
                    price_minor=item.unit_price.amount_minor,
                )
                for item in content.items
            )
            if content
            else (),
            history=tuple(
                OrderStepRecord(at=each.at, step=each.step.value, detail=each.detail) for each in order.history
            ),
        )

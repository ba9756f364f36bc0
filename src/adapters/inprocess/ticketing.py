"""TicketingApi and EventSalesApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import AccountId, OperationId, TenantId, TicketId
from core.ticketing.cancellation import Cancellation
from core.ticketing.ticket import Ticket
from ports.clock import Clock
from ports.published.ticketing import EventCancellation, EventFacts, EventSalesApi, TicketingApi, TicketOnSale
from usecases.ticketing.cancel_ticket import CancelTicket
from usecases.ticketing.look_up_ticket import LookUpTicket


class InProcessTicketing(TicketingApi):
    """Calls the use cases of ticketing."""

    def __init__(self, look_up: LookUpTicket) -> None:
        self._look_up = look_up

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        async with refusals_translated():
            known = await self._look_up(TenantId(tenant_id), TicketId(ticket_id))
        ticket, event = known.ticket, known.ticket.event
        return TicketOnSale(
            ticket_id=ticket.id,
            title=ticket.title,
            ticket_type=ticket.ticket_type.value,
            status=ticket.status.value,
            price_minor=ticket.price.amount_minor,
            currency=ticket.price.currency,
            quota=ticket.quota,
            max_per_user=ticket.max_per_user,
            sales_from=ticket.sales_from,
            sales_until=ticket.sales_until,
            sells_paid=known.sells_paid,
            cancellation=_cancellation_of(ticket),
            event=EventFacts(
                title=event.title,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
                time_zone=event.time_zone,
                venue_id=event.venue_id,
                venue_name=event.venue_name,
                kind=event.kind,
            ),
        )


class InProcessEventSales(EventSalesApi):
    """Calls the use case of ticketing."""

    def __init__(self, cancel: CancelTicket, clock: Clock) -> None:
        self._cancel = cancel
        self._clock = clock

    @override
    async def cancel(self, *, tenant_id: UUID, ticket_id: UUID, cancellation: EventCancellation) -> EventCancellation:
        wanted = Cancellation(
            operation_id=OperationId(cancellation.operation_id),
            by=AccountId(cancellation.by),
            reason=cancellation.reason,
            refund_fees=cancellation.refund_fees,
            at=self._clock.now(),
        )
        async with refusals_translated():
            ticket = await self._cancel(TenantId(tenant_id), TicketId(ticket_id), wanted)
        return _cancellation_of(ticket) or cancellation


def _cancellation_of(ticket: Ticket) -> EventCancellation | None:
    found = ticket.cancellation
    if found is None:
        return None
    return EventCancellation(
        operation_id=found.operation_id, by=found.by, reason=found.reason, refund_fees=found.refund_fees
    )

"""TicketingApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import TenantId, TicketId
from ports.published.ticketing import EventFacts, TicketingApi, TicketOnSale
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

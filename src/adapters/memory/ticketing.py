"""Tickets in memory."""

from typing import override

from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, TicketId
from core.ticketing.ticket import Ticket
from ports.paging import Page, PageRequest
from ports.ticketing import TicketStore


class MemoryTicketStore(TicketStore):
    """One dictionary. No method awaits anything, so each is one step for all the tasks of the loop."""

    def __init__(self) -> None:
        self._tickets: dict[tuple[TenantId, TicketId], Ticket] = {}

    @override
    async def add(self, tenant_id: TenantId, ticket: Ticket) -> None:
        key = (tenant_id, ticket.id)
        if key in self._tickets:
            raise ValueError(f"there is a ticket {ticket.id} already")
        self._tickets[key] = ticket

    @override
    async def get(self, tenant_id: TenantId, ticket_id: TicketId) -> Ticket | None:
        return self._tickets.get((tenant_id, ticket_id))

    @override
    async def page(self, tenant_id: TenantId, request: PageRequest, *, published_only: bool) -> Page[Ticket]:
        found = sorted(
            (
                ticket
                for (owner, ticket_id), ticket in self._tickets.items()
                if owner == tenant_id
                and (request.after is None or ticket_id > request.after)
                and (ticket.is_published or not published_only)
            ),
            key=lambda ticket: ticket.id,
        )
        items = tuple(found[: request.limit])
        return Page(items, next_after=items[-1].id if len(found) > request.limit else None)

    @override
    async def save(self, tenant_id: TenantId, ticket: Ticket, *, expected_version: int) -> None:
        stored = self._tickets.get((tenant_id, ticket.id))
        if stored is None or stored.version != expected_version:
            raise StaleVersionError("The ticket was changed meanwhile; read it again.")
        self._tickets[tenant_id, ticket.id] = ticket

"""Tell what an order would cost, all in, before anything is held."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.content import OrderContent, PlacesLine
from core.shared.callers import STAFF, Caller
from core.shared.ids import OrderItemId, ReservationId, TicketId
from core.shared.money import Money
from ports.ids import IdSource
from ports.published.refusals import RefusedError
from ports.published.ticketing import TicketingApi, TicketOnSale
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.price_order import must_take_place, ordered_ticket


@dataclass(frozen=True, slots=True)
class QuotedItem:
    """Admissions of one ticket at one price: that of a seat as its map shows it, or else the ticket's own."""

    ticket_id: TicketId
    quantity: int
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True)
class QuoteOrder:
    """Open to everybody in the organisation, fans and guests too; drafts are there for staff alone.

    Nothing is kept or promised: an order has the prices its places were held for, and the fees and taxes of its time.
    """

    ticketing: TicketingApi
    charge: ChargeOrder
    ids: IdSource

    async def __call__(self, caller: Caller, wanted: Sequence[QuotedItem]) -> OrderContent:
        """Return what an order for these would hold, each item as places without a seat.

        Raises RefusedError for a ticket that is not there or an order that cannot be taxed, EmptyOrderError,
        MixedCurrenciesError and OrderedEventCancelledError.
        """
        tickets = {
            ticket_id: await self._ticket(caller, ticket_id)
            for ticket_id in dict.fromkeys(item.ticket_id for item in wanted)
        }
        content = OrderContent(
            tickets=tuple(ordered_ticket(ticket) for ticket in tickets.values()),
            items=tuple(self._line(item, tickets[item.ticket_id]) for item in wanted),
        )
        return await self.charge(caller.tenant_id, content)

    async def _ticket(self, caller: Caller, ticket_id: TicketId) -> TicketOnSale:
        ticket = await self.ticketing.ticket(tenant_id=caller.tenant_id, ticket_id=ticket_id)
        if ticket.status == "draft" and caller.role not in STAFF:
            raise RefusedError("ticketing.not_found", "There is no such ticket.")
        must_take_place(ticket)
        return ticket

    def _line(self, item: QuotedItem, ticket: TicketOnSale) -> PlacesLine:
        return PlacesLine(
            id=OrderItemId(self.ids.new()),
            reservation_id=ReservationId(self.ids.new()),
            ticket_id=item.ticket_id,
            quantity=item.quantity,
            unit_price=item.unit_price or Money(ticket.price_minor, ticket.currency),
        )

"""Put a new ticket into the catalogue."""

from dataclasses import dataclass
from datetime import datetime

from core.shared.callers import MANAGERS, Caller
from core.shared.ids import TicketId, VenueId
from core.shared.money import Money
from core.ticketing.ticket import EventDetails, Ticket, TicketType
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.venues import VenuesApi
from ports.ticketing import TicketStore
from usecases.ticketing.venue_names import venue_name


@dataclass(frozen=True, slots=True)
class NewEvent:
    """The happening as it is asked for: the venue by its id."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: VenueId
    kind: str


@dataclass(frozen=True, slots=True)
class NewTicket:
    """The ticket as it is asked for."""

    title: str
    ticket_type: TicketType
    price: Money
    quota: int
    max_per_user: int
    event: NewEvent
    sales_from: datetime | None = None
    sales_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreateTicket:
    """Owners and managers. The ticket is a draft until it is published; the venue must be the organisation's own.

    Raises TicketVenueNotFoundError, and InvalidTicketError with every fault.
    """

    tickets: TicketStore
    venues: VenuesApi
    ids: IdSource
    clock: Clock

    async def __call__(self, caller: Caller, new: NewTicket) -> Ticket:
        caller.must_be_one_of(MANAGERS)
        event = new.event
        ticket = Ticket.draft(
            TicketId(self.ids.new()),
            title=new.title,
            ticket_type=new.ticket_type,
            price=new.price,
            quota=new.quota,
            max_per_user=new.max_per_user,
            sales_from=new.sales_from,
            sales_until=new.sales_until,
            event=EventDetails(
                title=event.title,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
                time_zone=event.time_zone,
                venue_id=event.venue_id,
                venue_name=await venue_name(self.venues, tenant_id=caller.tenant_id, venue_id=event.venue_id),
                kind=event.kind,
            ),
            now=self.clock.now(),
        )
        await self.tickets.add(caller.tenant_id, ticket)
        return ticket

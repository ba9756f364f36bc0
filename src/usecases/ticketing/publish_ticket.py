"""Put a ticket on sale."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket
from ports.clock import Clock
from ports.ticketing import TicketStore
from usecases.ticketing.paid_sales import PaidSales

_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class PublishTicket:
    """Owners and managers. Publishing a published ticket changes nothing.

    Raises TicketNotFoundError, EventOverError once the event has ended, and ChargesNotEnabledForVenueError for a ticket
    that costs something at a venue that can take no payments.
    """

    tickets: TicketStore
    paid: PaidSales
    clock: Clock

    async def __call__(self, caller: Caller, ticket_id: TicketId) -> Ticket:
        caller.must_be_one_of(MANAGERS)
        for _ in range(_TRIES_MAX):
            before = await self.tickets.get(caller.tenant_id, ticket_id)
            if before is None:
                raise TicketNotFoundError
            after = before.published(now=self.clock.now())
            if after is before:
                return before
            await self.paid.must_be_possible(caller.tenant_id, after)
            try:
                await self.tickets.save(caller.tenant_id, after, expected_version=before.version)
            except StaleVersionError:
                continue  # Someone changed the draft between the two steps: publish what they made of it.
            return after
        raise StaleVersionError("The ticket is being changed by others; try again.")

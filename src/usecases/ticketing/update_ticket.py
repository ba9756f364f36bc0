"""Change a ticket."""

from dataclasses import dataclass

from core.shared.callers import MANAGERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket, TicketChange
from ports.clock import Clock
from ports.published.venues import VenuesApi
from ports.ticketing import PlacesLedger, TicketStore
from usecases.ticketing.paid_sales import PaidSales
from usecases.ticketing.venue_names import venue_name

_TIDIED_MAX = 1000


@dataclass(frozen=True, slots=True)
class UpdateTicket:
    """Owners and managers, who name the version they read: nobody's change is overwritten unseen.

    Raises TicketNotFoundError, StaleVersionError, TicketVenueNotFoundError, InvalidTicketError,
    FixedAfterPublicationError, QuotaBelowTakenError for less than is reserved and sold, and
    ChargesNotEnabledForVenueError when what is on sale for nothing shall cost something and its venue can take no
    payments.
    """

    tickets: TicketStore
    places: PlacesLedger
    venues: VenuesApi
    paid: PaidSales
    clock: Clock

    async def __call__(
        self, caller: Caller, ticket_id: TicketId, change: TicketChange, *, expected_version: int
    ) -> Ticket:
        caller.must_be_one_of(MANAGERS)
        before = await self.tickets.get(caller.tenant_id, ticket_id)
        if before is None:
            raise TicketNotFoundError
        if before.version != expected_version:
            raise StaleVersionError("The ticket was changed meanwhile; read it again.")
        venue_id = change.event.venue_id
        name = None
        if venue_id is not None and venue_id != before.event.venue_id:
            name = await venue_name(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        now = self.clock.now()
        after = before.changed(change, venue_name=name, now=now)
        if after.is_published and before.price.amount_minor == 0 < after.price.amount_minor:
            await self.paid.must_be_possible(caller.tenant_id, after)
        if after.quota < before.quota:
            # Holds that are over must not stand in the way of a smaller quota.
            await self.places.expire(caller.tenant_id, ticket_id, now=now, reservations_max=_TIDIED_MAX)
        await self.tickets.save(caller.tenant_id, after, expected_version=before.version)
        return after

"""Stop the sale of a ticket whose event is cancelled."""

from dataclasses import dataclass

from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, TicketId
from core.ticketing.cancellation import Cancellation
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.ticket import Ticket
from ports.ticketing import TicketStore

_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class CancelTicket:
    """For the operation that cancels an event, which only owners and managers begin.

    Whatever is held stays held for its time, which ends by itself: nothing of it can be ordered any more.
    """

    tickets: TicketStore

    async def __call__(self, tenant_id: TenantId, ticket_id: TicketId, cancellation: Cancellation) -> Ticket:
        """Return the cancelled ticket; cancelling it again changes nothing.

        Raises TicketNotFoundError and StaleVersionError.
        """
        for _ in range(_TRIES_MAX):
            before = await self.tickets.get(tenant_id, ticket_id)
            if before is None:
                raise TicketNotFoundError
            after = before.cancelled(cancellation)
            if after is before:
                return before
            try:
                await self.tickets.save(tenant_id, after, expected_version=before.version)
            except StaleVersionError:
                continue  # Somebody changed it between the two steps: what they made of it is cancelled.
            return after
        raise StaleVersionError("The ticket is being changed by others; try again.")

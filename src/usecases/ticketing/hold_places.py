"""Hold places of general admission."""

from dataclasses import dataclass

from core.shared.callers import SELLERS, STAFF, Caller
from core.shared.holders import holder_of, token_digest
from core.shared.ids import ReservationId, TicketId
from core.ticketing.errors import TicketNotFoundError
from core.ticketing.places import PlacesRequest, PlacesReservation
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from ports.published.venues import VenuesApi
from ports.ticketing import PlacesLedger, TicketStore
from usecases.ticketing.paid_sales import PaidSales


@dataclass(frozen=True, slots=True)
class NewPlacesHold:
    """A hold, and the secret that proves it; None when the hold was there before, since only its digest is kept."""

    reservation: PlacesReservation
    hold_token: str | None


@dataclass(frozen=True, slots=True)
class HoldPlaces:
    """Open to any caller of the tenant; all the places or none. A draft is not there for fans.

    Staff who sell may hold outside the ticket's sales window, and where the venue can take no payments by card.
    """

    tickets: TicketStore
    places: PlacesLedger
    venues: VenuesApi
    paid: PaidSales
    tokens: HoldTokens
    clock: Clock

    async def __call__(
        self,
        ticket_id: TicketId,
        reservation_id: ReservationId,
        quantity: int,
        *,
        caller: Caller,
        hold_token: str | None = None,
    ) -> NewPlacesHold:
        """Return the hold; asking again with the same id and quantity returns the same one.

        Raises InvalidInputError, TicketNotFoundError, PlacesConflictError, PlacesExpiredError, TicketIsSeatedError,
        NotOnSaleError, EventCancelledError, EventOverError, TicketSalesNotOpenError, TicketSalesClosedError,
        PaidSalesStoppedError, MaxPlacesPerUserError, SoldOutError.
        """
        ticket = await self.tickets.get(caller.tenant_id, ticket_id)
        if ticket is None or not (ticket.is_public or caller.role in STAFF):
            raise TicketNotFoundError
        free = ticket.price.amount_minor == 0
        stopped = not free and await self.paid.obstacle(caller.tenant_id, ticket.event.venue_id) is not None
        token = self.tokens.new()
        request = PlacesRequest(
            ticket_id=ticket_id,
            reservation_id=reservation_id,
            quantity=quantity,
            holder=holder_of(caller.account_id, hold_token),
            new_token_sha256=token_digest(token),
            hold_ttl_s=await self.venues.hold_ttl_s(tenant_id=caller.tenant_id),
            by_staff=caller.role in SELLERS,
            stopped=stopped,
        )
        change = await self.places.hold(caller.tenant_id, request, ticket=ticket, now=self.clock.now())
        return NewPlacesHold(change.reservation, token if change.happened else None)

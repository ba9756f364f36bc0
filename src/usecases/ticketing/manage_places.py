"""Read, extend and release a hold of places."""

from dataclasses import dataclass
from functools import partial

from core.shared.callers import SELLERS, Caller
from core.shared.holders import holder_of
from core.shared.ids import ReservationId, TenantId, TicketId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesNotFoundError
from core.ticketing.places import PlacesReservation
from ports.clock import Clock
from ports.ticketing import PlacesLedger


async def _of_ticket(
    places: PlacesLedger, tenant_id: TenantId, ticket_id: TicketId, reservation_id: ReservationId
) -> PlacesReservation:
    found = await places.get(tenant_id, reservation_id)
    if found.ticket_id != ticket_id:
        raise PlacesNotFoundError
    return found


@dataclass(frozen=True, slots=True)
class ReadPlaces:
    """Open to the holder, and to staff who sell."""

    places: PlacesLedger
    clock: Clock

    async def __call__(
        self, ticket_id: TicketId, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None
    ) -> PlacesReservation:
        """Return the hold as it is now, whatever became of it; raises PlacesNotFoundError, NotPlacesHolderError."""
        found = await _of_ticket(self.places, caller.tenant_id, ticket_id, reservation_id)
        if caller.role not in SELLERS:
            general_admission.must_hold(found, holder_of(caller.account_id, hold_token))
        return found.at(self.clock.now())


@dataclass(frozen=True, slots=True)
class ExtendPlaces:
    """Open to the holder."""

    places: PlacesLedger
    clock: Clock

    async def __call__(
        self, ticket_id: TicketId, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None
    ) -> PlacesReservation:
        """Return the hold with its new end.

        Raises PlacesNotFoundError, NotPlacesHolderError, PlacesExpiredError, PlacesConflictError for a reservation of
        an order, PlacesCeilingReachedError.
        """
        await _of_ticket(self.places, caller.tenant_id, ticket_id, reservation_id)
        now = self.clock.now()
        rule = partial(general_admission.extend, by=holder_of(caller.account_id, hold_token), now=now)
        return (await self.places.change(caller.tenant_id, reservation_id, rule, now=now)).reservation


@dataclass(frozen=True, slots=True)
class ReleasePlaces:
    """Open to the holder."""

    places: PlacesLedger
    clock: Clock

    async def __call__(
        self, ticket_id: TicketId, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None
    ) -> None:
        """Give the places back; releasing what is released or ended is fine.

        Raises PlacesNotFoundError, NotPlacesHolderError, PlacesConflictError for a reservation of an order.
        """
        await _of_ticket(self.places, caller.tenant_id, ticket_id, reservation_id)
        now = self.clock.now()
        rule = partial(general_admission.release_hold, by=holder_of(caller.account_id, hold_token), now=now)
        await self.places.change(caller.tenant_id, reservation_id, rule, now=now)

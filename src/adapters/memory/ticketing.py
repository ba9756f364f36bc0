"""Tickets and places of general admission in memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from core.shared.errors import StaleVersionError
from core.shared.ids import ReservationId, TenantId, TicketId, VenueId
from core.ticketing import general_admission
from core.ticketing.charging import VenueCharging
from core.ticketing.errors import PlacesNotFoundError, QuotaBelowTakenError, SoldOutError, TicketNotFoundError
from core.ticketing.general_admission import PlacesChange
from core.ticketing.places import TIMED, Claims, PlacesRequest, PlacesReservation, Stock
from core.ticketing.ticket import Ticket
from ports.paging import Page, PageRequest
from ports.ticketing import ChargingStore, PlacesLedger, PlacesRule, PlacesUpkeep, TicketInTenant, TicketStore


class MemoryTicketStore(TicketStore):
    """One dictionary. No method awaits anything, so each is one step for all the tasks of the loop."""

    def __init__(self) -> None:
        self._tickets: dict[tuple[TenantId, TicketId], Ticket] = {}
        self._taken: dict[tuple[TenantId, TicketId], Claims] = {}

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
        taken = self._taken.get((tenant_id, ticket.id), Claims())
        if taken.total > ticket.quota:
            raise QuotaBelowTakenError.of(quota=ticket.quota, reserved=taken.reserved, sold=taken.sold)
        self._tickets[tenant_id, ticket.id] = ticket

    def stock(self, tenant_id: TenantId, ticket_id: TicketId) -> Stock:
        """Return how the ticket's quota stands; raises TicketNotFoundError."""
        ticket = self._tickets.get((tenant_id, ticket_id))
        if ticket is None:
            raise TicketNotFoundError
        taken = self._taken.get((tenant_id, ticket_id), Claims())
        return Stock(ticket.quota, reserved=taken.reserved, sold=taken.sold)

    def set_taken(self, tenant_id: TenantId, ticket_id: TicketId, claims: Claims) -> bool:
        """Say how much of the quota is taken; False when that is more than there is."""
        if claims.total > self._tickets[tenant_id, ticket_id].quota:
            return False
        self._taken[tenant_id, ticket_id] = claims
        return True

    def take(self, tenant_id: TenantId, ticket_id: TicketId, difference: Claims) -> None:
        """Take more of the quota, or less; raises SoldOutError when there is not as much left."""
        after = self.stock(tenant_id, ticket_id).after(difference)
        self._taken[tenant_id, ticket_id] = Claims(after.reserved, after.sold)


class MemoryCharging(ChargingStore):
    """One dictionary."""

    def __init__(self) -> None:
        self._said: dict[tuple[TenantId, VenueId], VenueCharging] = {}

    @override
    async def note(self, tenant_id: TenantId, charging: VenueCharging) -> bool:
        known = await self.of(tenant_id, charging.venue_id)
        if known is not None and known.version >= charging.version:
            return False
        self._said[tenant_id, charging.venue_id] = charging
        return True

    @override
    async def of(self, tenant_id: TenantId, venue_id: VenueId) -> VenueCharging | None:
        return self._said.get((tenant_id, venue_id))


class MemoryPlaces(PlacesLedger, PlacesUpkeep):
    """One dictionary beside the tickets. No method awaits anything between its look and its change."""

    def __init__(self, tickets: MemoryTicketStore) -> None:
        self._tickets = tickets
        self._entries: dict[tuple[TenantId, ReservationId], PlacesReservation] = {}

    @override
    async def hold(self, tenant_id: TenantId, request: PlacesRequest, *, ticket: Ticket, now: datetime) -> PlacesChange:
        known = self._entries.get((tenant_id, request.reservation_id))
        if known is not None:
            return general_admission.hold_again(known, request, now=now)
        own = [
            entry
            for (owner, _), entry in self._entries.items()
            if (owner, entry.ticket_id, entry.account_id) == (tenant_id, ticket.id, request.holder.account_id)
        ]
        owned = general_admission.owned(own, now=now)
        return self._keep(tenant_id, general_admission.hold(request, ticket=ticket, owned=owned, now=now), now=now)

    @override
    async def get(self, tenant_id: TenantId, reservation_id: ReservationId) -> PlacesReservation:
        found = self._entries.get((tenant_id, reservation_id))
        if found is None:
            raise PlacesNotFoundError
        return found

    @override
    async def change(
        self, tenant_id: TenantId, reservation_id: ReservationId, rule: PlacesRule, *, now: datetime
    ) -> PlacesChange:
        return self._keep(tenant_id, rule(await self.get(tenant_id, reservation_id)), now=now)

    @override
    async def expire(self, tenant_id: TenantId, ticket_id: TicketId, *, now: datetime, reservations_max: int) -> int:
        return self._expire(tenant_id, ticket_id, now=now, reservations_max=reservations_max)

    @override
    async def stock(self, tenant_id: TenantId, ticket_id: TicketId) -> Stock:
        return self._tickets.stock(tenant_id, ticket_id)

    @override
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[TicketInTenant]:
        ended = sorted(
            (entry.expires_at, TicketInTenant(tenant_id, entry.ticket_id))
            for (tenant_id, _), entry in self._entries.items()
            if entry.status in TIMED and entry.has_ended(now)
        )
        return tuple(dict.fromkeys(ticket for _, ticket in ended[:reservations_max]))

    @override
    async def finish_interrupted(self, *, begun_before: datetime, changes_max: int) -> int:
        return 0  # Nothing is ever left half done here.

    @override
    async def recount(self, tenant_id: TenantId, ticket_id: TicketId) -> bool:
        of_ticket = [e for (owner, _), e in self._entries.items() if (owner, e.ticket_id) == (tenant_id, ticket_id)]
        claims = sum((entry.claims for entry in of_ticket), Claims())
        return self._tickets.set_taken(tenant_id, ticket_id, claims)

    def _keep(self, tenant_id: TenantId, change: PlacesChange, *, now: datetime) -> PlacesChange:
        if change.happened:
            entry = change.reservation
            try:
                self._tickets.take(tenant_id, entry.ticket_id, change.difference)
            except SoldOutError:
                self._expire(tenant_id, entry.ticket_id, now=now, reservations_max=len(self._entries))
                self._tickets.take(tenant_id, entry.ticket_id, change.difference)
            self._entries[tenant_id, entry.id] = entry
        return change

    def _expire(self, tenant_id: TenantId, ticket_id: TicketId, *, now: datetime, reservations_max: int) -> int:
        changes = [
            general_admission.expire(entry, now=now)
            for (owner, _), entry in self._entries.items()
            if (owner, entry.ticket_id) == (tenant_id, ticket_id)
        ]
        expired = sorted(
            (change.reservation for change in changes if change.happened), key=lambda entry: entry.expires_at
        )[:reservations_max]
        for entry in expired:
            self._tickets.take(tenant_id, ticket_id, Claims(reserved=-entry.quantity))
            self._entries[tenant_id, entry.id] = entry
        return len(expired)

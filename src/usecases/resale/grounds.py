"""What a policy or a verdict stands on: the venue, its place, and what is known of the event."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.resale.law.declared_facts import KnownFacts, known_of_event
from core.resale.law.facts import Where
from core.resale.policies.settings import Target
from core.shared.ids import TenantId, VenueId
from ports.published.ticketing import TicketingApi, TicketOnSale
from ports.published.venues import VenuePlace, VenuesApi
from ports.resale import ResaleTransactions


@dataclass(frozen=True, slots=True)
class Ground:
    """A venue with its place, and what is known of events there, or of the one of a ticket."""

    venue_id: VenueId
    venue_name: str
    place: Where
    known: KnownFacts


@dataclass(frozen=True, slots=True)
class Grounds:
    """Finds where a setting holds. No transaction is open while other contexts are asked."""

    transactions: ResaleTransactions
    venues: VenuesApi
    ticketing: TicketingApi

    async def ticket_of(self, tenant_id: TenantId, target: Target) -> TicketOnSale | None:
        """Return the ticket that a setting is for; raises RefusedError for one that is not there."""
        if target.ticket_id is None:
            return None
        return await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=target.ticket_id)

    async def must_be_there(self, tenant_id: TenantId, target: Target) -> None:
        """Raise RefusedError `venues.not_found` or `ticketing.not_found` for a target that is not the tenant's."""
        await self.ticket_of(tenant_id, target)
        if target.venue_id is not None:
            await self.venues.venue(tenant_id=tenant_id, venue_id=target.venue_id)

    async def of_target(self, tenant_id: TenantId, target: Target, ticket: TicketOnSale | None) -> Sequence[Ground]:
        """Return the grounds of a setting: of an organisation's those of all its venues, which may be none."""
        venue_id = ticket.event.venue_id if ticket is not None else target.venue_id
        if venue_id is None:
            places = await self.venues.all_venues(tenant_id=tenant_id)
        else:
            venue = await self.venues.venue(tenant_id=tenant_id, venue_id=venue_id)
            places = (
                VenuePlace(
                    venue_id=venue.venue_id,
                    name=venue.name,
                    capacity=venue.capacity,
                    country=venue.country,
                    subdivision=venue.subdivision,
                ),
            )
        async with self.transactions.begin(tenant_id) as tx:
            targets = [Target(venue_id=VenueId(place.venue_id)) for place in places]
            declared = {setting.target: setting.value for setting in await tx.facts.of([*targets, target])}
        return [
            Ground(
                VenueId(place.venue_id),
                place.name,
                Where(country=place.country, subdivision=place.subdivision),
                KnownFacts(
                    known_of_event(
                        venue_capacity=place.capacity,
                        event_kind=ticket.event.kind if ticket is not None else None,
                        venue=declared.get(at_venue),
                        ticket=declared.get(target) if ticket is not None else None,
                    )
                ),
            )
            for place, at_venue in zip(places, targets, strict=True)
        ]

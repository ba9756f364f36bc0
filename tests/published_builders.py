"""What ticketing and venues publish, as the tests of other contexts meet it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, override
from uuid import UUID

import msgspec

from ports.published.ticketing import EventFacts, TicketingApi, TicketOnSale
from ports.published.venues import VenuePlace, VenuesApi, VenueSectionSummary, VenueSummary


def a_ticket_on_sale(ticket_id: UUID, *, venue_id: UUID, **changes: Any) -> TicketOnSale:
    """Return a published ticket to a seat of buyers' choice, for 25.00 EUR, to an event that no clock has reached."""
    starts_at = datetime(2096, 12, 11, 18, 30, tzinfo=UTC)
    event = EventFacts(
        title="Match",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        time_zone="Europe/Berlin",
        venue_id=venue_id,
        venue_name="Hall",
        kind="sport",
    )
    ticket = TicketOnSale(
        ticket_id=ticket_id,
        title="Seat",
        ticket_type="SEATED_MANUAL",
        status="published",
        price_minor=2500,
        currency="EUR",
        quota=1221,
        max_per_user=8,
        event=event,
    )
    return msgspec.structs.replace(ticket, **changes)


class AlwaysOnSale(TicketingApi):
    """Every ticket of every tenant is on sale."""

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        return a_ticket_on_sale(ticket_id, venue_id=UUID(int=0x7E))


class Halls(VenuesApi):
    """Every venue is a hall in Erfurt with these sections, where a hold lasts ten minutes."""

    def __init__(
        self,
        name: str = "Hall",
        *,
        capacity: int = 1221,
        sections: tuple[VenueSectionSummary, ...] = (),
        max_seats_per_order: int = 10,
        orphan_rule: Literal["off", "warn", "enforce"] = "off",
    ) -> None:
        self.name = name
        self._capacity = capacity
        self._sections = sections
        self._max_seats_per_order = max_seats_per_order
        self._orphan_rule: Literal["off", "warn", "enforce"] = orphan_rule

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        return VenueSummary(
            venue_id=venue_id,
            name=self.name,
            slug=self.name.lower(),
            time_zone="Europe/Berlin",
            capacity=self._capacity,
            city="Erfurt",
            country="DE",
            subdivision="DE-TH",
            max_seats_per_order=self._max_seats_per_order,
            orphan_rule=self._orphan_rule,
        )

    @override
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        return ()

    @override
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        return self._sections

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return 600

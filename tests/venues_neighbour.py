"""Venues as orders meet them: a context that keeps its promises."""

from dataclasses import dataclass, field
from typing import override
from uuid import UUID

from ports.published.refusals import RefusedError
from ports.published.venues import VenuePlace, VenuesApi, VenueSectionSummary, VenueSummary


@dataclass
class Venues(VenuesApi):
    """Every venue is there, in Germany unless it was moved."""

    countries: dict[UUID, str] = field(default_factory=dict)
    gone: bool = False
    asked: int = 0

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        self.asked += 1
        if self.gone:
            raise RefusedError("venues.not_found", "no such venue")
        return VenueSummary(
            venue_id=venue_id,
            name="Riethsporthalle",
            slug="riethsporthalle",
            time_zone="Europe/Berlin",
            capacity=1_000,
            city="Erfurt",
            country=self.countries.get(venue_id, "DE"),
            subdivision=None,
            max_seats_per_order=10,
            orphan_rule="off",
        )

    @override
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        return ()

    @override
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        return ()

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return 600

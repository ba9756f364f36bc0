"""VenuesApi and VenueSectionsApi within one process."""

from collections.abc import Collection, Sequence
from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.venue import Venue
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.published.venues import (
    PutSections,
    SectionLeftOut,
    VenuePlace,
    VenuesApi,
    VenueSectionsApi,
    VenueSectionSummary,
    VenueSectionWish,
    VenueSummary,
)
from usecases.venues.put_sections import PutMissingSections, TakeBackSections
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings


class InProcessVenues(VenuesApi):
    """Calls the use cases of venues."""

    def __init__(self, read: ReadVenues, settings: TuneSettings) -> None:
        self._read = read
        self._settings = settings

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        async with refusals_translated():
            found = await self._read.with_settings(VenueId(venue_id), tenant_id=TenantId(tenant_id))
        venue, settings, facts = found.venue, found.settings, found.venue.facts
        return VenueSummary(
            venue_id=venue.id,
            name=facts.name,
            slug=venue.slug,
            time_zone=facts.time_zone,
            capacity=facts.capacity,
            city=facts.address.city,
            country=facts.address.country,
            subdivision=facts.address.subdivision,
            max_seats_per_order=settings.max_seats_per_order,
            orphan_rule=settings.orphan_rule,
        )

    @override
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        found: list[VenuePlace] = []
        page = PageRequest(limit=PAGE_SIZE_MAX)
        async with refusals_translated():
            while True:
                venues = await self._read.page(page, tenant_id=TenantId(tenant_id))
                found += [_place_of(venue) for venue in venues.items]
                if venues.next_after is None:
                    return tuple(found)
                page = PageRequest(limit=PAGE_SIZE_MAX, after=venues.next_after)

    @override
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        async with refusals_translated():
            sections = await self._read.sections(VenueId(venue_id), tenant_id=TenantId(tenant_id))
        return tuple(
            VenueSectionSummary(
                section_id=section.id,
                name=section.facts.name,
                kind=section.facts.kind,
                row_count=section.facts.row_count,
                column_count=section.facts.column_count,
                display_order=section.facts.display_order,
                capacity=section.facts.capacity,
            )
            for section in sections
        )

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        async with refusals_translated():
            return (await self._settings.of_organiser(TenantId(tenant_id))).hold_ttl_s


class InProcessVenueSections(VenueSectionsApi):
    """Calls the use cases of venues that change a layout."""

    def __init__(self, put: PutMissingSections, take_back: TakeBackSections) -> None:
        self._put = put
        self._take_back = take_back

    @override
    async def put_missing(
        self, *, tenant_id: UUID, venue_id: UUID, sections: Sequence[VenueSectionWish]
    ) -> PutSections:
        async with refusals_translated():
            put = await self._put(TenantId(tenant_id), VenueId(venue_id), sections)
        return PutSections(
            added=tuple(put.added),
            kept=tuple(put.kept),
            left_out=tuple(SectionLeftOut(name=name, reason=reason) for name, reason in put.left_out),
        )

    @override
    async def take_back(self, *, tenant_id: UUID, venue_id: UUID, section_ids: Collection[UUID]) -> int:
        ids = {VenueSectionId(id) for id in section_ids}
        async with refusals_translated():
            return await self._take_back(TenantId(tenant_id), VenueId(venue_id), ids)


def _place_of(venue: Venue) -> VenuePlace:
    address = venue.facts.address
    return VenuePlace(
        venue_id=venue.id,
        name=venue.facts.name,
        capacity=venue.facts.capacity,
        country=address.country,
        subdivision=address.subdivision,
    )

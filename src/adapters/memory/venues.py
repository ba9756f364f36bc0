"""Venues in memory: the twin of the PostgreSQL stores, for unit tests and demonstrations."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from adapters.memory.messaging import MemoryMessages
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import (
    SectionNameTakenError,
    SectionNotFoundError,
    SlugTakenError,
    VenueNotFoundError,
)
from core.venues.layout import VenueSection
from core.venues.settings import OrganiserSettings, VenueSettings
from core.venues.venue import Venue
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest
from ports.venues import SettingsStore, VenueSectionStore, VenueStore, VenueTransaction, VenueTransactions


@dataclass(slots=True)
class _Tenant:
    venues: dict[VenueId, Venue] = field(default_factory=dict[VenueId, Venue])
    deleted: frozenset[VenueId] = frozenset()
    sections: dict[VenueSectionId, VenueSection] = field(default_factory=dict[VenueSectionId, VenueSection])
    settings: dict[VenueId, VenueSettings] = field(default_factory=dict[VenueId, VenueSettings])
    organiser: OrganiserSettings = field(default_factory=OrganiserSettings)

    def copy(self) -> "_Tenant":
        return _Tenant(dict(self.venues), self.deleted, dict(self.sections), dict(self.settings), self.organiser)


class _Venues(VenueStore):
    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    @override
    async def slugs_like(self, base: str) -> frozenset[str]:
        return frozenset(v.slug for v in self._tenant.venues.values() if v.slug.startswith(base))

    @override
    async def add(self, venue: Venue) -> None:
        if any(other.slug == venue.slug for other in self._tenant.venues.values()):
            raise SlugTakenError(f"{venue.slug!r} is taken.")
        self._tenant.venues[venue.id] = venue

    @override
    async def get(self, venue_id: VenueId) -> Venue:
        venue = self._tenant.venues.get(venue_id)
        if venue is None or venue_id in self._tenant.deleted:
            raise VenueNotFoundError("There is no such venue.")
        return venue

    @override
    async def page(self, page: PageRequest) -> Page[Venue]:
        live = sorted((v for v in self._tenant.venues.values() if v.id not in self._tenant.deleted), key=lambda v: v.id)
        after = page.after
        rest = [venue for venue in live if after is None or venue.id > after]
        shown = tuple(rest[: page.limit])
        return Page(shown, shown[-1].id if len(rest) > page.limit else None)

    @override
    async def save(self, venue: Venue) -> None:
        stored = await self.get(venue.id)
        if stored.version != venue.version - 1:
            raise StaleVersionError("The venue was changed meanwhile.")
        self._tenant.venues[venue.id] = venue

    @override
    async def delete(self, venue_id: VenueId, *, at: datetime) -> None:
        await self.get(venue_id)
        self._tenant.deleted |= {venue_id}


class _Sections(VenueSectionStore):
    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    def _refuse_taken_name(self, section: VenueSection) -> None:
        for other in self._tenant.sections.values():
            same_place = other.venue_id == section.venue_id and other.id != section.id
            if same_place and other.facts.name == section.facts.name:
                raise SectionNameTakenError(f"The venue has a section {section.facts.name!r}.")

    @override
    async def add(self, section: VenueSection) -> None:
        self._refuse_taken_name(section)
        self._tenant.sections[section.id] = section

    @override
    async def of_venue(self, venue_id: VenueId) -> tuple[VenueSection, ...]:
        found = (section for section in self._tenant.sections.values() if section.venue_id == venue_id)
        return tuple(sorted(found, key=lambda section: (section.facts.display_order, section.facts.name)))

    @override
    async def get(self, section_id: VenueSectionId) -> VenueSection:
        section = self._tenant.sections.get(section_id)
        if section is None:
            raise SectionNotFoundError("The venue has no such section.")
        return section

    @override
    async def save(self, section: VenueSection) -> None:
        stored = await self.get(section.id)
        if stored.version != section.version - 1:
            raise StaleVersionError("The section was changed meanwhile.")
        self._refuse_taken_name(section)
        self._tenant.sections[section.id] = section

    @override
    async def delete(self, section_id: VenueSectionId) -> None:
        await self.get(section_id)
        del self._tenant.sections[section_id]

    @override
    async def delete_unchanged(self, section: VenueSection) -> bool:
        stored = self._tenant.sections.get(section.id)
        if stored is None or stored.version != section.version:
            return False
        del self._tenant.sections[section.id]
        return True


class _Settings(SettingsStore):
    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    @override
    async def of_venue(self, venue_id: VenueId) -> VenueSettings:
        settings = self._tenant.settings.get(venue_id)
        if settings is None:
            raise VenueNotFoundError("There is no such venue.")
        return settings

    @override
    async def add_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        self._tenant.settings[venue_id] = settings

    @override
    async def save_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        if (await self.of_venue(venue_id)).version != settings.version - 1:
            raise StaleVersionError("The settings were changed meanwhile.")
        self._tenant.settings[venue_id] = settings

    @override
    async def of_organiser(self) -> OrganiserSettings:
        return self._tenant.organiser

    @override
    async def save_for_organiser(self, settings: OrganiserSettings, *, at: datetime) -> None:
        if self._tenant.organiser.version != settings.version - 1:
            raise StaleVersionError("The settings were changed meanwhile.")
        self._tenant.organiser = settings


@dataclass(slots=True)
class _Transaction(VenueTransaction):
    venues: VenueStore
    sections: VenueSectionStore
    settings: SettingsStore
    outbox: Outbox
    inbox: Inbox


class MemoryVenueTransactions(VenueTransactions):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, _Tenant] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[VenueTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, _Tenant()).copy()
            yield _Transaction(
                _Venues(work), _Sections(work), _Settings(work), self._messages.outbox(tenant_id), self._messages.inbox
            )
            self._tenants[tenant_id] = work

"""What the venue use cases need: the venues, sections and settings of one tenant, in one transaction."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.layout import VenueSection
from core.venues.settings import OrganiserSettings, VenueSettings
from core.venues.venue import Venue
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest


class VenueStore(Protocol):
    """Venues of the transaction's tenant; a deleted one, or another tenant's, is not there."""

    @abstractmethod
    async def slugs_like(self, base: str) -> frozenset[str]:
        """Return the slugs in use, of deleted venues too, that begin with `base`.

        Whoever asks for the same base meanwhile waits until this transaction ends.
        """

    @abstractmethod
    async def add(self, venue: Venue) -> None:
        """Store a new venue; raises SlugTakenError when its slug was taken meanwhile."""

    @abstractmethod
    async def get(self, venue_id: VenueId) -> Venue:
        """Return the venue; raises VenueNotFoundError."""

    @abstractmethod
    async def page(self, page: PageRequest) -> Page[Venue]:
        """Return venues in the order of their ids."""

    @abstractmethod
    async def save(self, venue: Venue) -> None:
        """Store a changed venue; raises StaleVersionError unless the stored version is the one before."""

    @abstractmethod
    async def delete(self, venue_id: VenueId, *, at: datetime) -> None:
        """Hide the venue for good; its rows stay. Raises VenueNotFoundError."""


class VenueSectionStore(Protocol):
    """Layout sections of the transaction's tenant."""

    @abstractmethod
    async def add(self, section: VenueSection) -> None:
        """Store a new section; raises SectionNameTakenError."""

    @abstractmethod
    async def of_venue(self, venue_id: VenueId) -> tuple[VenueSection, ...]:
        """Return the venue's sections by display order, then name."""

    @abstractmethod
    async def get(self, section_id: VenueSectionId) -> VenueSection:
        """Return the section; raises SectionNotFoundError."""

    @abstractmethod
    async def save(self, section: VenueSection) -> None:
        """Store a changed section; raises StaleVersionError, SectionNameTakenError."""

    @abstractmethod
    async def delete(self, section_id: VenueSectionId) -> None:
        """Forget the section (plans made from it keep their own copy); raises SectionNotFoundError."""

    @abstractmethod
    async def delete_unchanged(self, section: VenueSection) -> bool:
        """Forget the section if it still stands at this version, and return whether it did."""


class SettingsStore(Protocol):
    """Settings of the transaction's tenant."""

    @abstractmethod
    async def of_venue(self, venue_id: VenueId) -> VenueSettings:
        """Return the venue's settings; raises VenueNotFoundError."""

    @abstractmethod
    async def add_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        """Store the first settings of a new venue."""

    @abstractmethod
    async def save_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        """Store changed settings; raises StaleVersionError unless the stored version is the one before."""

    @abstractmethod
    async def of_organiser(self) -> OrganiserSettings:
        """Return the tenant's settings, or the defaults (version 0) when they were never changed."""

    @abstractmethod
    async def save_for_organiser(self, settings: OrganiserSettings, *, at: datetime) -> None:
        """Store changed settings; raises StaleVersionError unless the stored version is the one before."""


@dataclass(frozen=True, slots=True)
class VenueAsSet:
    """A venue, and what is set for all that is sold there."""

    venue: Venue
    settings: VenueSettings


class RememberedVenues(Protocol):
    """Venues as they were a moment ago, for those who read them and change nothing."""

    @abstractmethod
    async def of(self, tenant_id: TenantId, venue_id: VenueId, load: Callable[[], Awaitable[VenueAsSet]]) -> VenueAsSet:
        """Return the venue if it is remembered, else what `load` reads; raises what that raises.

        It is at most half a minute old, whatever fails, and was read after the last `forget` that could be told.
        """

    @abstractmethod
    async def forget(self, tenant_id: TenantId, venue_id: VenueId) -> None:
        """Have the venue read anew, since it was changed; never fails. For after the transaction of the change."""


class VenueTransaction(Protocol):
    """One transaction of one tenant."""

    venues: VenueStore
    sections: VenueSectionStore
    settings: SettingsStore
    outbox: Outbox
    inbox: Inbox


class VenueTransactions(Protocol):
    """Opens transactions on the venues of a tenant."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[VenueTransaction]:
        """Commit when the block ends and roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the store cannot be reached.
        """

"""What venues offers: a venue's facts and layout, an organiser's settings, and the news of them."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar, Literal, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class VenueSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A venue as other contexts need it. `country` and `subdivision` are ISO 3166-1 alpha-2 and 3166-2 codes.

    `max_seats_per_order` and `orphan_rule` are the venue's settings, for what is sold there and says nothing else.
    """

    venue_id: UUID
    name: str
    slug: str
    time_zone: str
    capacity: int
    city: str
    country: str
    subdivision: str | None
    max_seats_per_order: int
    orphan_rule: Literal["off", "warn", "enforce"]


class VenuePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Which country and part of it (ISO 3166-1 alpha-2 and 3166-2) a venue is in, and how many people it takes."""

    venue_id: UUID
    name: str
    capacity: int
    country: str
    subdivision: str | None


class VenueSectionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One section of a venue's reusable layout; `kind` is `seated` or `ga`, and only the latter has a `capacity`."""

    section_id: UUID
    name: str
    kind: str
    row_count: int
    column_count: int
    display_order: int
    capacity: int | None = None


class VenueSectionWish(msgspec.Struct, frozen=True, kw_only=True):
    """A section as a venue's layout is to have it, under an id that whoever asks has chosen; see VenueSectionSummary.

    `position` is the section's corner (x, y) in the drawing, in its own units.
    """

    section_id: UUID
    name: str
    kind: Literal["seated", "ga"]
    row_count: int
    column_count: int
    display_order: int
    position: tuple[float, float]
    capacity: int | None = None


class SectionLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A section that a venue's layout cannot have, by its name, and why."""

    name: str
    reason: str


class PutSections(msgspec.Struct, frozen=True, kw_only=True):
    """What became of sections that a venue was to have, by their names and in their order.

    `added` are there under their own ids now. `kept` are other sections with these names, which stay as they are.
    """

    added: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[SectionLeftOut, ...]


class VenueSectionsApi(Protocol):
    """Changes of a venue's reusable layout, for operations that its managers began."""

    @abstractmethod
    async def put_missing(
        self, *, tenant_id: UUID, venue_id: UUID, sections: Sequence[VenueSectionWish]
    ) -> PutSections:
        """Add the sections whose names the venue's layout has not, all in one transaction.

        Repeating it adds nothing: one that is there by its id stays, however people changed it since, and is `added`.
        Raises RefusedError: `venues.not_found`, and `request.stale_version` when others changed the layout at the same
        moment, which is worth another try.
        """

    @abstractmethod
    async def take_back(self, *, tenant_id: UUID, venue_id: UUID, section_ids: Collection[UUID]) -> int:
        """Forget those of these sections that stand as they were added; return how many there were.

        What people changed since stays. A venue that is gone has none.
        """


class VenuesApi(Protocol):
    """Questions about the venues of a tenant."""

    @abstractmethod
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        """Return the venue; raises RefusedError `venues.not_found` for none, a deleted one, or another tenant's."""

    @abstractmethod
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        """Return where every venue of the tenant is, deleted ones apart, oldest first; none for an unknown tenant."""

    @abstractmethod
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        """Return the venue's layout sections by display order; raises as `venue` does."""

    @abstractmethod
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        """Return how many seconds a hold lasts at this organiser (600 unless set)."""


class VenueCreated(Event, frozen=True, kw_only=True):
    """A venue came to be."""

    event_type: ClassVar[str] = "venue.created"

    venue_id: UUID
    name: str
    slug: str
    capacity: int
    time_zone: str


class VenueUpdated(Event, frozen=True, kw_only=True):
    """A venue's facts changed; `version` grows with each change."""

    event_type: ClassVar[str] = "venue.updated"

    venue_id: UUID
    version: int


class VenueDeleted(Event, frozen=True, kw_only=True):
    """A venue was taken out of use (it is kept, hidden)."""

    event_type: ClassVar[str] = "venue.deleted"

    venue_id: UUID


class VenueSettingsChanged(Event, frozen=True, kw_only=True):
    """What is set for all that is sold at a venue changed."""

    event_type: ClassVar[str] = "venue.settings.changed"

    venue_id: UUID


class OrganiserSettingsChanged(Event, frozen=True, kw_only=True):
    """An organiser changed how long holds last."""

    event_type: ClassVar[str] = "venue.organiser_settings.changed"

    hold_ttl_s: int

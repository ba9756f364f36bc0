"""The bodies of venue requests and answers."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType

from adapters.http.etags import etag
from core.venues.layout import SECTION_CAPACITY_MAX, SectionFacts, VenueSection
from core.venues.settings import OrganiserSettings, OrphanRule, VenueSettings
from core.venues.venue import CAPACITY_MAX, Address, Venue, VenueFacts

type Name = Annotated[str, Meta(min_length=1, max_length=120)]
type Line = Annotated[str, Meta(min_length=1, max_length=200)]
type Capacity = Annotated[int, Meta(ge=1, le=CAPACITY_MAX, description="People at once.")]
type Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone.", examples=["Europe/Berlin"])]
type Count = Annotated[int, Meta(ge=0, le=500)]


class AddressBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A postal address; `country` is ISO 3166-1 alpha-2 and `subdivision` ISO 3166-2."""

    line1: Line
    city: Line
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]
    subdivision: Annotated[str, Meta(pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["DE-TH"])] | None = None

    def address(self) -> Address:
        """Return the address; raises InvalidInputError for a code that ISO does not list."""
        return Address(self.line1, self.city, self.postal_code, self.country, self.subdivision)


class CreateVenueBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A venue to be made."""

    name: Name
    time_zone: Zone
    capacity: Capacity
    address: AddressBody


class UpdateVenueBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change; members that are left out stay."""

    name: Name | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    address: AddressBody | UnsetType = UNSET

    def applied(self, facts: VenueFacts) -> VenueFacts:
        """Return the facts with the changes."""
        return replace(
            facts,
            name=facts.name if self.name is UNSET else self.name,
            time_zone=facts.time_zone if self.time_zone is UNSET else self.time_zone,
            capacity=facts.capacity if self.capacity is UNSET else self.capacity,
            address=facts.address if self.address is UNSET else self.address.address(),
        )


class VenueBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A venue."""

    id: UUID
    slug: str
    name: str
    time_zone: str
    capacity: int
    address: AddressBody
    version: int
    created_at: datetime
    updated_at: datetime


type SectionCapacity = Annotated[
    int, Meta(ge=1, le=SECTION_CAPACITY_MAX, description="How many people a section for general admission takes.")
]


class SectionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A layout section to be made; general-admission sections have no rows."""

    name: Name
    kind: Annotated[Literal["seated", "ga"], Meta(description="Seated in rows, or general admission.")] = msgspec.field(
        name="type"
    )
    row_count: Count = 0
    column_count: Count = 0
    position: tuple[float, float] = (0.0, 0.0)
    display_order: Annotated[int, Meta(ge=0, le=10_000)] = 0
    capacity: SectionCapacity | None = None

    def facts(self) -> SectionFacts:
        """Return the facts; raises InvalidInputError for a seated section without rows or columns."""
        return SectionFacts(
            self.name,
            self.kind,
            self.row_count,
            self.column_count,
            self.position,
            self.display_order,
            self.capacity,
        )


class UpdateSectionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change of a section; members that are left out stay."""

    name: Name | UnsetType = UNSET
    row_count: Count | UnsetType = UNSET
    column_count: Count | UnsetType = UNSET
    position: tuple[float, float] | UnsetType = UNSET
    display_order: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    capacity: SectionCapacity | UnsetType | None = UNSET

    def applied(self, facts: SectionFacts) -> SectionFacts:
        """Return the facts with the changes."""
        return replace(
            facts,
            name=facts.name if self.name is UNSET else self.name,
            row_count=facts.row_count if self.row_count is UNSET else self.row_count,
            column_count=facts.column_count if self.column_count is UNSET else self.column_count,
            position=facts.position if self.position is UNSET else self.position,
            display_order=facts.display_order if self.display_order is UNSET else self.display_order,
            capacity=facts.capacity if self.capacity is UNSET else self.capacity,
        )


class SectionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A layout section."""

    id: UUID
    name: str
    kind: Literal["seated", "ga"] = msgspec.field(name="type")
    row_count: int
    column_count: int
    position: tuple[float, float]
    display_order: int
    capacity: int | None
    version: int


class VenueSettingsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Defaults for what is sold at the venue."""

    max_seats_per_order: Annotated[int, Meta(ge=1, le=100)] = 10
    orphan_rule: OrphanRule = "off"


class OrganiserSettingsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Settings of the organisation: how many seconds a hold lasts."""

    hold_ttl_sec: Annotated[int, Meta(ge=60, le=3600)]


def venue_body(venue: Venue) -> VenueBody:
    """Return what is sent of a venue."""
    facts, address = venue.facts, venue.facts.address
    return VenueBody(
        id=venue.id,
        slug=venue.slug,
        name=facts.name,
        time_zone=facts.time_zone,
        capacity=facts.capacity,
        address=AddressBody(
            line1=address.line1,
            city=address.city,
            postal_code=address.postal_code,
            country=address.country,
            subdivision=address.subdivision,
        ),
        version=venue.version,
        created_at=venue.created_at,
        updated_at=venue.updated_at,
    )


def section_view(section: VenueSection) -> SectionView:
    """Return what is sent of a section."""
    facts = section.facts
    return SectionView(
        id=section.id,
        name=facts.name,
        kind=facts.kind,
        row_count=facts.row_count,
        column_count=facts.column_count,
        position=facts.position,
        display_order=facts.display_order,
        capacity=facts.capacity,
        version=section.version,
    )


def settings_response(settings: VenueSettings) -> Response[VenueSettingsBody]:
    """Return the settings with their ETag."""
    body = VenueSettingsBody(max_seats_per_order=settings.max_seats_per_order, orphan_rule=settings.orphan_rule)
    return Response(body, headers={"ETag": etag(settings.version)})


def organiser_response(settings: OrganiserSettings) -> Response[OrganiserSettingsBody]:
    """Return the settings with their ETag."""
    body = OrganiserSettingsBody(hold_ttl_sec=settings.hold_ttl_s)
    return Response(body, headers={"ETag": etag(settings.version)})

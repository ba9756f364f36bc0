"""Venues, their layout sections, and settings."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody, page_body
from core.shared.callers import Caller
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import VenueNotFoundError
from core.venues.layout import SectionFacts, VenueSection
from core.venues.settings import OrganiserSettings, OrphanRule, VenueSettings
from core.venues.venue import CAPACITY_MAX, Address, Venue, VenueFacts
from ports.paging import PageRequest
from usecases.venues.create_venue import CreateVenue
from usecases.venues.delete_venue import DeleteVenue
from usecases.venues.edit_layout import EditLayout
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings
from usecases.venues.update_venue import UpdateVenue

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

    def facts(self) -> SectionFacts:
        """Return the facts; raises InvalidInputError for a seated section without rows or columns."""
        return SectionFacts(self.name, self.kind, self.row_count, self.column_count, self.position, self.display_order)


class UpdateSectionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change of a section; members that are left out stay."""

    name: Name | UnsetType = UNSET
    row_count: Count | UnsetType = UNSET
    column_count: Count | UnsetType = UNSET
    position: tuple[float, float] | UnsetType = UNSET
    display_order: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET

    def applied(self, facts: SectionFacts) -> SectionFacts:
        """Return the facts with the changes."""
        return replace(
            facts,
            name=facts.name if self.name is UNSET else self.name,
            row_count=facts.row_count if self.row_count is UNSET else self.row_count,
            column_count=facts.column_count if self.column_count is UNSET else self.column_count,
            position=facts.position if self.position is UNSET else self.position,
            display_order=facts.display_order if self.display_order is UNSET else self.display_order,
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
    version: int


class VenueSettingsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Defaults for what is sold at the venue."""

    max_seats_per_order: Annotated[int, Meta(ge=1, le=100)] = 10
    orphan_rule: OrphanRule = "off"


class OrganiserSettingsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Settings of the organisation: how many seconds a hold lasts."""

    hold_ttl_sec: Annotated[int, Meta(ge=60, le=3600)]


class VenueController(Controller):
    """Venues of an organisation."""

    path = "/venues"
    tags = ("Venues",)

    @post(summary="Create a venue")
    @inject
    async def create(
        self, data: JSONBody[CreateVenueBody], caller: Caller, usecase: FromDishka[CreateVenue]
    ) -> Response[VenueBody]:
        """Managers only. The slug is made from the name; a taken one gets a number."""
        facts = VenueFacts(data.name, data.time_zone, data.capacity, data.address.address())
        venue = await usecase(facts, caller=caller)
        return Response(
            _venue_body(venue),
            status_code=201,
            headers={"Location": f"/api/v1/venues/{venue.id}", "ETag": etag(venue.version)},
        )

    @get(summary="List venues")
    @inject
    async def page(self, page: PageRequest, caller: Caller, usecase: FromDishka[ReadVenues]) -> PageBody[VenueBody]:
        """Everybody in the organisation, fans too; oldest first."""
        return page_body(await usecase.page(page, tenant_id=caller.tenant_id), _venue_body)

    @get("/{venue_id:uuid}", summary="Read a venue")
    @inject
    async def one(self, venue_id: UUID, caller: Caller, usecase: FromDishka[ReadVenues]) -> Response[VenueBody]:
        """Everybody in the organisation, fans too."""
        venue = await usecase.one(VenueId(venue_id), tenant_id=caller.tenant_id)
        return Response(_venue_body(venue), headers={"ETag": etag(venue.version)})

    @patch("/{venue_id:uuid}", summary="Change a venue")
    @inject
    async def update(
        self,
        venue_id: UUID,
        data: JSONBody[UpdateVenueBody],
        caller: Caller,
        usecase: FromDishka[UpdateVenue],
        if_match: IfMatch = None,
    ) -> Response[VenueBody]:
        """Managers only, with the ETag they read in If-Match."""
        venue = await usecase(
            VenueId(venue_id), data.applied, expected_version=expected_version(if_match), caller=caller
        )
        return Response(_venue_body(venue), headers={"ETag": etag(venue.version)})

    @delete("/{venue_id:uuid}", summary="Delete a venue")
    @inject
    async def remove(self, venue_id: UUID, caller: Caller, usecase: FromDishka[DeleteVenue]) -> None:
        """Managers only. The venue is hidden, not forgotten."""
        await usecase(VenueId(venue_id), caller=caller)

    @get("/{venue_id:uuid}/settings", summary="Read a venue's settings")
    @inject
    async def settings(
        self, venue_id: UUID, caller: Caller, usecase: FromDishka[TuneSettings]
    ) -> Response[VenueSettingsBody]:
        """Staff only."""
        return _settings_response(await usecase.of_venue(VenueId(venue_id), caller=caller))

    @put("/{venue_id:uuid}/settings", summary="Replace a venue's settings")
    @inject
    async def replace_settings(
        self,
        venue_id: UUID,
        data: JSONBody[VenueSettingsBody],
        caller: Caller,
        usecase: FromDishka[TuneSettings],
        if_match: IfMatch = None,
    ) -> Response[VenueSettingsBody]:
        """Managers only, with the ETag they read in If-Match."""
        settings = VenueSettings(data.max_seats_per_order, data.orphan_rule)
        changed = await usecase.change_venue(
            VenueId(venue_id), settings, expected_version=expected_version(if_match), caller=caller
        )
        return _settings_response(changed)

    @post("/{venue_id:uuid}/sections", summary="Add a layout section")
    @inject
    async def add_section(
        self, venue_id: UUID, data: JSONBody[SectionBody], caller: Caller, usecase: FromDishka[EditLayout]
    ) -> Response[SectionView]:
        """Managers only."""
        section = await usecase.add(VenueId(venue_id), data.facts(), caller=caller)
        location = f"/api/v1/venues/{venue_id}/sections/{section.id}"
        headers = {"Location": location, "ETag": etag(section.version)}
        return Response(_section_view(section), status_code=201, headers=headers)

    @get("/{venue_id:uuid}/sections", summary="List the layout sections")
    @inject
    async def sections(self, venue_id: UUID, caller: Caller, usecase: FromDishka[ReadVenues]) -> PageBody[SectionView]:
        """Everybody in the organisation; by display order, on one page."""
        found = await usecase.sections(VenueId(venue_id), tenant_id=caller.tenant_id)
        return PageBody(items=tuple(_section_view(section) for section in found), next_cursor=None)

    @patch("/{venue_id:uuid}/sections/{section_id:uuid}", summary="Change a layout section")
    @inject
    async def update_section(
        self,
        venue_id: UUID,
        section_id: UUID,
        data: JSONBody[UpdateSectionBody],
        caller: Caller,
        usecase: FromDishka[EditLayout],
        if_match: IfMatch = None,
    ) -> Response[SectionView]:
        """Managers only, with the ETag they read in If-Match."""
        section = await usecase.change(
            VenueId(venue_id),
            VenueSectionId(section_id),
            data.applied,
            expected_version=expected_version(if_match),
            caller=caller,
        )
        return Response(_section_view(section), headers={"ETag": etag(section.version)})

    @delete("/{venue_id:uuid}/sections/{section_id:uuid}", summary="Remove a layout section")
    @inject
    async def remove_section(
        self, venue_id: UUID, section_id: UUID, caller: Caller, usecase: FromDishka[EditLayout]
    ) -> None:
        """Managers only. Plans that were made from it stay as they are."""
        await usecase.remove(VenueId(venue_id), VenueSectionId(section_id), caller=caller)


class OrganiserSettingsController(Controller):
    """Settings of an organisation."""

    path = "/organisations/{organisation_id:uuid}/settings"
    tags = ("Venues",)

    @get(summary="Read an organisation's settings")
    @inject
    async def read(
        self, organisation_id: UUID, caller: Caller, usecase: FromDishka[TuneSettings]
    ) -> Response[OrganiserSettingsBody]:
        """Everybody in the organisation."""
        settings = await usecase.of_organiser(_own(organisation_id, caller))
        return _organiser_response(settings)

    @put(summary="Replace an organisation's settings")
    @inject
    async def change(
        self,
        organisation_id: UUID,
        data: JSONBody[OrganiserSettingsBody],
        caller: Caller,
        usecase: FromDishka[TuneSettings],
        if_match: IfMatch = None,
    ) -> Response[OrganiserSettingsBody]:
        """Managers only, with the ETag they read in If-Match."""
        _own(organisation_id, caller)
        settings = OrganiserSettings(hold_ttl_s=data.hold_ttl_sec)
        version = expected_version(if_match)
        return _organiser_response(await usecase.change_organiser(settings, expected_version=version, caller=caller))


def _own(organisation_id: UUID, caller: Caller) -> TenantId:
    if organisation_id != caller.tenant_id:
        raise VenueNotFoundError("There is no such organisation.")
    return caller.tenant_id


def _venue_body(venue: Venue) -> VenueBody:
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


def _section_view(section: VenueSection) -> SectionView:
    facts = section.facts
    return SectionView(
        id=section.id,
        name=facts.name,
        kind=facts.kind,
        row_count=facts.row_count,
        column_count=facts.column_count,
        position=facts.position,
        display_order=facts.display_order,
        version=section.version,
    )


def _settings_response(settings: VenueSettings) -> Response[VenueSettingsBody]:
    body = VenueSettingsBody(max_seats_per_order=settings.max_seats_per_order, orphan_rule=settings.orphan_rule)
    return Response(body, headers={"ETag": etag(settings.version)})


def _organiser_response(settings: OrganiserSettings) -> Response[OrganiserSettingsBody]:
    body = OrganiserSettingsBody(hold_ttl_sec=settings.hold_ttl_s)
    return Response(body, headers={"ETag": etag(settings.version)})

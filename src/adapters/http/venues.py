"""Venues, their layout sections, and settings."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody, page_body
from adapters.http.venue_bodies import (
    CreateVenueBody,
    OrganiserSettingsBody,
    SectionBody,
    SectionView,
    UpdateSectionBody,
    UpdateVenueBody,
    VenueBody,
    VenueSettingsBody,
    organiser_response,
    section_view,
    settings_response,
    venue_body,
)
from core.shared.callers import Caller
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import VenueNotFoundError
from core.venues.settings import OrganiserSettings, VenueSettings
from core.venues.venue import VenueFacts
from ports.paging import PageRequest
from usecases.venues.create_venue import CreateVenue
from usecases.venues.delete_venue import DeleteVenue
from usecases.venues.edit_layout import EditLayout
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings
from usecases.venues.update_venue import UpdateVenue


class VenueController(Controller):
    """Venues of an organisation."""

    path = "/venues"
    tags = ("Venues",)

    @post(summary="Create a venue")
    @inject
    async def create(
        self, data: JSONBody[CreateVenueBody], caller: NamedDependency[Caller], usecase: FromDishka[CreateVenue]
    ) -> Response[VenueBody]:
        """Managers only. The slug is made from the name; a taken one gets a number."""
        facts = VenueFacts(data.name, data.time_zone, data.capacity, data.address.address())
        venue = await usecase(facts, caller=caller)
        return Response(
            venue_body(venue),
            status_code=201,
            headers={"Location": f"/api/v1/venues/{venue.id}", "ETag": etag(venue.version)},
        )

    @get(summary="List venues")
    @inject
    async def page(
        self, page: NamedDependency[PageRequest], caller: NamedDependency[Caller], usecase: FromDishka[ReadVenues]
    ) -> PageBody[VenueBody]:
        """Everybody in the organisation, fans too; oldest first."""
        return page_body(await usecase.page(page, tenant_id=caller.tenant_id), venue_body)

    @get("/{venue_id:uuid}", summary="Read a venue")
    @inject
    async def one(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadVenues]
    ) -> Response[VenueBody]:
        """Everybody in the organisation, fans too, who may see a change half a minute late. Staff never do."""
        venue = await usecase.one(VenueId(venue_id), tenant_id=caller.tenant_id, fresh=caller.role is not None)
        return Response(venue_body(venue), headers={"ETag": etag(venue.version)})

    @patch("/{venue_id:uuid}", summary="Change a venue")
    @inject
    async def update(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[UpdateVenueBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[UpdateVenue],
        if_match: IfMatch = None,
    ) -> Response[VenueBody]:
        """Managers only, with the ETag they read in If-Match."""
        venue = await usecase(
            VenueId(venue_id), data.applied, expected_version=expected_version(if_match), caller=caller
        )
        return Response(venue_body(venue), headers={"ETag": etag(venue.version)})

    @delete("/{venue_id:uuid}", summary="Delete a venue")
    @inject
    async def remove(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[DeleteVenue]
    ) -> None:
        """Managers only. The venue is hidden, not forgotten."""
        await usecase(VenueId(venue_id), caller=caller)

    @get("/{venue_id:uuid}/settings", summary="Read a venue's settings")
    @inject
    async def settings(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TuneSettings]
    ) -> Response[VenueSettingsBody]:
        """Staff only."""
        return settings_response(await usecase.of_venue(VenueId(venue_id), caller=caller))

    @put("/{venue_id:uuid}/settings", summary="Replace a venue's settings")
    @inject
    async def replace_settings(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[VenueSettingsBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TuneSettings],
        if_match: IfMatch = None,
    ) -> Response[VenueSettingsBody]:
        """Managers only, with the ETag they read in If-Match."""
        settings = VenueSettings(data.max_seats_per_order, data.orphan_rule)
        changed = await usecase.change_venue(
            VenueId(venue_id), settings, expected_version=expected_version(if_match), caller=caller
        )
        return settings_response(changed)

    @post("/{venue_id:uuid}/sections", summary="Add a layout section")
    @inject
    async def add_section(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[SectionBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[EditLayout],
    ) -> Response[SectionView]:
        """Managers only."""
        section = await usecase.add(VenueId(venue_id), data.facts(), caller=caller)
        location = f"/api/v1/venues/{venue_id}/sections/{section.id}"
        headers = {"Location": location, "ETag": etag(section.version)}
        return Response(section_view(section), status_code=201, headers=headers)

    @get("/{venue_id:uuid}/sections", summary="List the layout sections")
    @inject
    async def sections(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadVenues]
    ) -> PageBody[SectionView]:
        """Everybody in the organisation; by display order, on one page."""
        found = await usecase.sections(VenueId(venue_id), tenant_id=caller.tenant_id)
        return PageBody(items=tuple(section_view(section) for section in found), next_cursor=None)

    @patch("/{venue_id:uuid}/sections/{section_id:uuid}", summary="Change a layout section")
    @inject
    async def update_section(
        self,
        venue_id: FromPath[UUID],
        section_id: FromPath[UUID],
        data: JSONBody[UpdateSectionBody],
        caller: NamedDependency[Caller],
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
        return Response(section_view(section), headers={"ETag": etag(section.version)})

    @delete("/{venue_id:uuid}/sections/{section_id:uuid}", summary="Remove a layout section")
    @inject
    async def remove_section(
        self,
        venue_id: FromPath[UUID],
        section_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[EditLayout],
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
        self, organisation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TuneSettings]
    ) -> Response[OrganiserSettingsBody]:
        """Everybody in the organisation."""
        settings = await usecase.of_organiser(_own(organisation_id, caller))
        return organiser_response(settings)

    @put(summary="Replace an organisation's settings")
    @inject
    async def change(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[OrganiserSettingsBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TuneSettings],
        if_match: IfMatch = None,
    ) -> Response[OrganiserSettingsBody]:
        """Managers only, with the ETag they read in If-Match."""
        _own(organisation_id, caller)
        settings = OrganiserSettings(hold_ttl_s=data.hold_ttl_sec)
        version = expected_version(if_match)
        return organiser_response(await usecase.change_organiser(settings, expected_version=version, caller=caller))


def _own(organisation_id: UUID, caller: Caller) -> TenantId:
    if organisation_id != caller.tenant_id:
        raise VenueNotFoundError("There is no such organisation.")
    return caller.tenant_id

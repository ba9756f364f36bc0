"""Where the seats of a plan come from, as clients say it: in a request, and in the parameters of an operation."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.seating.arena import Arena
from core.seating.arena_faults import ARENA_SEATS_MIN, ARENA_TIERS_MAX
from core.seating.grid import GaSection, GridSection
from core.seating.layout import COORDINATE_MAX, GA_CAPACITY_MAX, SEATS_MAX, SECTION_NAME_LENGTH_MAX, SECTIONS_MAX
from core.seating.places import Point
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import PlanId, TicketId
from usecases.seating.plan_sources import FromArena, FromGrid, FromPlan, FromVenueSections

type SectionName = Annotated[str, Meta(min_length=1, max_length=SECTION_NAME_LENGTH_MAX)]
type Capacity = Annotated[int, Meta(ge=1, le=GA_CAPACITY_MAX, description="How many people the section takes.")]
type Coordinate = Annotated[float, Meta(ge=-COORDINATE_MAX, le=COORDINATE_MAX)]


class PointBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the drawing, in the plan's own units."""

    x: Coordinate
    y: Coordinate

    def point(self) -> Point:
        return Point(self.x, self.y)


class GridSectionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A block of rows and columns; or, of the kind `ga`, a part without seats that a general-admission ticket sells."""

    name: SectionName
    kind: Literal["seated", "ga"] = "seated"
    rows: Annotated[int, Meta(ge=1, le=1000)] | None = None
    columns: Annotated[int, Meta(ge=1, le=1000)] | None = None
    capacity: Capacity | None = None
    ticket_id: UUID | None = None
    floor: SectionName | None = None
    zone: SectionName | None = None

    def section(self, index: int) -> GridSection | GaSection:
        """Return the section; raises InvalidInputError when a member is missing or belongs to the other kind."""
        given = {
            "rows": self.rows,
            "columns": self.columns,
            "capacity": self.capacity,
            "ticketId": self.ticket_id,
        }
        own = {"capacity", "ticketId"} if self.kind == "ga" else {"rows", "columns"}
        problems = [
            Problem(
                f"/source/sections/{index}/{name}",
                f"A section of the kind {self.kind} has {'' if name in own else 'no '}{name}.",
            )
            for name, value in given.items()
            if (value is not None if name not in own else value is None and name != "ticketId")
        ]
        if problems:
            raise InvalidInputError(problems[0].message, problems)
        if self.kind == "ga":
            ticket_id = TicketId(self.ticket_id) if self.ticket_id is not None else None
            return GaSection(self.name, self.capacity or 0, ticket_id, self.floor, self.zone)
        return GridSection(self.name, self.rows or 0, self.columns or 0, self.floor, self.zone)


class GridSource(msgspec.Struct, frozen=True, kw_only=True, tag_field="format", tag="grid", forbid_unknown_fields=True):
    """Seats in rows and columns."""

    sections: Annotated[tuple[GridSectionBody, ...], Meta(min_length=1, max_length=SECTIONS_MAX)]


class StandingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The floor of an arena as a section for general admission."""

    capacity: Capacity
    name: SectionName = "Floor"
    ticket_id: UUID | None = None

    def section(self) -> GaSection:
        ticket_id = TicketId(self.ticket_id) if self.ticket_id is not None else None
        return GaSection(self.name, self.capacity, ticket_id)


class ArenaSource(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="format", tag="arena", forbid_unknown_fields=True
):
    """A bowl of exactly so many seats around a floor. Sections and tiers follow from the size where they are left out.

    `accessible` wheelchair places (one of a hundred seats unless said) come each with a companion's seat. Each tier,
    and the front rows, are categories for price tiers.
    """

    seats: Annotated[int, Meta(ge=ARENA_SEATS_MIN, le=SEATS_MAX)]
    sections: Annotated[int, Meta(ge=1, le=SECTIONS_MAX)] | None = None
    tiers: Annotated[int, Meta(ge=1, le=ARENA_TIERS_MAX)] | None = None
    accessible: Annotated[int, Meta(ge=0, le=SEATS_MAX)] | None = None
    standing: StandingBody | None = None


class VenueSectionsSource(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="format", tag="venue-sections", forbid_unknown_fields=True
):
    """Seats as in the venue's own layout sections."""


class ExistingPlanSource(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    tag_field="format",
    tag="plan",
    forbid_unknown_fields=True,
):
    """Seats as in another plan of the organisation; prices are not taken along."""

    plan_id: UUID


type ShortSource = GridSource | ArenaSource | VenueSectionsSource | ExistingPlanSource
"""A source that is said in a few words, however many seats it has."""


def short_source_of(body: ShortSource) -> FromGrid | FromArena | FromVenueSections | FromPlan:
    """Return the source as the use cases know it; raises InvalidInputError."""
    match body:
        case GridSource(sections=sections):
            return FromGrid(tuple(section.section(index) for index, section in enumerate(sections)))
        case ArenaSource():
            standing = body.standing.section() if body.standing is not None else None
            return FromArena(
                Arena(
                    seats=body.seats,
                    sections=body.sections,
                    tiers=body.tiers,
                    accessible=body.accessible,
                    standing=standing,
                )
            )
        case VenueSectionsSource():
            return FromVenueSections()
        case ExistingPlanSource(plan_id=plan_id):
            return FromPlan(PlanId(plan_id))

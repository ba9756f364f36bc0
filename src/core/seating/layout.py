"""A plan's layout before it has ids: what an import or a generator makes, within limits, in the order of the hall."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil
from uuid import UUID

from natsort import natsorted

from core.seating.drawn import Category
from core.seating.places import Point, SectionKind, Table
from core.seating.plans import PlannedSeat, Section
from core.shared.ids import SeatId, SectionId, TicketId

SECTIONS_MAX = 500
SEATS_MAX = 150_000
CATEGORIES_MAX = 100
GA_CAPACITY_MAX = 1_000_000
PLAN_NAME_LENGTH_MAX = 120
SECTION_NAME_LENGTH_MAX = 100
ROW_LABEL_LENGTH_MAX = 40
SEAT_NUMBER_LENGTH_MAX = 40
SEAT_LABEL_LENGTH_MAX = 100
TABLE_NAME_LENGTH_MAX = 40
GUID_LENGTH_MAX = 200
COORDINATE_MAX = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatDraft:
    """A seat that has no id yet; `column` counts in its row from 1."""

    guid: str
    label: str
    row: str
    number: str
    column: int
    category: str | None = None
    x: float = 0.0
    y: float = 0.0
    attributes: Mapping[str, str | float] = field(default_factory=dict[str, str | float])
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDraft:
    """A section that has no id yet, with its seats; one for general admission has a capacity instead."""

    name: str
    seats: tuple[SeatDraft, ...] = ()
    floor: str | None = None
    zone: str | None = None
    kind: SectionKind = SectionKind.SEATED
    capacity: int | None = None
    ticket_id: TicketId | None = None

    @property
    def row_count(self) -> int:
        return len({seat.row for seat in self.seats})

    @property
    def column_count(self) -> int:
        return max((seat.column for seat in self.seats), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutDraft:
    """All of a layout; `drawing` is what a client needs to draw it beside the seats, `focus` where everybody looks."""

    sections: tuple[SectionDraft, ...]
    categories: tuple[Category, ...] = ()
    drawing: Mapping[str, object] = field(default_factory=dict[str, object])
    focus: Point | None = None

    @property
    def seats_count(self) -> int:
        return sum(len(section.seats) for section in self.sections)

    @property
    def ga_capacity(self) -> int:
        """How many people the sections for general admission take together."""
        return sum(section.capacity or 0 for section in self.sections)


@dataclass(frozen=True, slots=True)
class Layout:
    """Sections and seats with their ids, both in the order of the hall."""

    sections: tuple[Section, ...]
    seats: tuple[PlannedSeat, ...]


def natural_order(sections: Sequence[SectionDraft]) -> list[int]:
    """Return where each section stands when they are sorted by floor, zone and name as people count: 2 before 10.

    Sections without a floor or zone come first; equals stay as they were.
    """
    return natsorted(range(len(sections)), key=lambda at: _place(sections[at]))


def _place(section: SectionDraft) -> tuple[str, str, str]:
    return section.floor or "", section.zone or "", section.name


def rows_in_order(section: SectionDraft) -> SectionDraft:
    """Sort the rows of a section by label, naturally: R2 before R10. A row keeps its seats in the order of columns."""
    labels = natsorted(dict.fromkeys(seat.row for seat in section.seats))
    rows = {row: index for index, row in enumerate(labels)}
    seats = sorted(section.seats, key=lambda seat: (rows[seat.row], seat.column))
    return replace(section, seats=tuple(seats))


def in_natural_order(draft: LayoutDraft) -> LayoutDraft:
    """Sort sections by floor, zone and name, and the rows of each by label, as people count."""
    sections = tuple(rows_in_order(draft.sections[at]) for at in natural_order(draft.sections))
    return replace(draft, sections=sections)


def with_ids(draft: LayoutDraft, *, new_id: Callable[[], UUID], price_minor: int) -> Layout:
    """Give every section and seat an id, in the order of the draft, and the ticket's price."""
    sections: list[Section] = []
    seats: list[PlannedSeat] = []
    for order, section in enumerate(draft.sections):
        section_id = SectionId(new_id())
        sections.append(
            Section(
                id=section_id,
                name=section.name,
                row_count=section.row_count,
                column_count=section.column_count,
                display_order=order,
                floor=section.floor,
                zone=section.zone,
                kind=section.kind,
                capacity=section.capacity,
                ticket_id=section.ticket_id,
            )
        )
        seats.extend(
            PlannedSeat(
                id=SeatId(new_id()),
                section_id=section_id,
                guid=seat.guid,
                label=seat.label,
                row=seat.row,
                number=seat.number,
                column=seat.column,
                category=seat.category,
                x=seat.x,
                y=seat.y,
                price_minor=price_minor,
                attributes=seat.attributes,
                table=seat.table,
            )
            for seat in section.seats
        )
    return Layout(tuple(sections), tuple(seats))


def in_hall_order(seats: Sequence[PlannedSeat]) -> Sequence[PlannedSeat]:
    """Return seats that come by their ids in the order of the hall, which is the same unless they have positions."""
    return sorted(seats, key=lambda seat: seat.position or 0)


def without_ids(
    layout: Layout, *, categories: tuple[Category, ...], drawing: Mapping[str, object], focus: Point | None
) -> LayoutDraft:
    """Return what `with_ids` began with: the draft from which this layout could have been made."""
    seats: dict[SectionId, list[SeatDraft]] = {section.id: [] for section in layout.sections}
    for seat in in_hall_order(layout.seats):
        seats[seat.section_id].append(_draft_of(seat))
    sections = tuple(
        SectionDraft(
            name=section.name,
            seats=tuple(seats[section.id]),
            floor=section.floor,
            zone=section.zone,
            kind=section.kind,
            capacity=section.capacity,
            ticket_id=section.ticket_id,
        )
        for section in layout.sections
    )
    return LayoutDraft(sections=sections, categories=categories, drawing=drawing, focus=focus)


def _draft_of(seat: PlannedSeat) -> SeatDraft:
    return SeatDraft(
        guid=seat.guid,
        label=seat.label,
        row=seat.row,
        number=seat.number,
        column=seat.column,
        category=seat.category,
        x=seat.x,
        y=seat.y,
        attributes=seat.attributes,
        table=seat.table,
    )


def extent_of(seats: Iterable[SeatDraft], *, margin: float) -> dict[str, float]:
    """Return the size of a drawing that shows all these seats, in whole units."""
    places = [(seat.x, seat.y) for seat in seats]
    width = max((x for x, _ in places), default=0.0) + margin
    height = max((y for _, y in places), default=0.0) + margin
    return {"width": float(max(ceil(width), 0)), "height": float(max(ceil(height), 0))}


def is_coordinate(value: float) -> bool:
    """Tell whether a number can stand in a drawing."""
    return abs(value) <= COORDINATE_MAX  # false for infinities and NaN as well


def are_side_by_side(places: Sequence[tuple[object, str, int]]) -> bool:
    """Tell whether seats, each given as section, row and column, stand in one row with no seat between them."""
    if len({(section, row) for section, row, _ in places}) > 1:
        return False
    columns = sorted(column for _, _, column in places)
    return all(right - left == 1 for left, right in pairwise(columns))

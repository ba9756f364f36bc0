"""A plan's layout before it has ids: what an import or a grid makes, within limits, and in the order of the hall."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from uuid import UUID

from natsort import natsorted

from core.seating.plans import Category, PlannedSeat, Section
from core.shared.ids import SeatId, SectionId

SECTIONS_MAX = 500
SEATS_MAX = 150_000
CATEGORIES_MAX = 100
SECTION_NAME_LENGTH_MAX = 100
ROW_LABEL_LENGTH_MAX = 40
SEAT_NUMBER_LENGTH_MAX = 40
SEAT_LABEL_LENGTH_MAX = 100
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDraft:
    """A section that has no id yet, with its seats."""

    name: str
    row_count: int
    column_count: int
    seats: tuple[SeatDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutDraft:
    """All of a layout; `drawing` is what a client needs to draw it beside the seats."""

    sections: tuple[SectionDraft, ...]
    categories: tuple[Category, ...] = ()
    drawing: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def seats_count(self) -> int:
        return sum(len(section.seats) for section in self.sections)


@dataclass(frozen=True, slots=True)
class Layout:
    """Sections and seats with their ids, both in the order of the hall."""

    sections: tuple[Section, ...]
    seats: tuple[PlannedSeat, ...]


def in_natural_order(draft: LayoutDraft) -> LayoutDraft:
    """Sort sections by name and the rows of each by label, as people count: R2 before R10.

    A row keeps its seats in the order of their columns.
    """
    sections = natsorted(draft.sections, key=lambda section: section.name)
    return replace(draft, sections=tuple(_rows_in_order(section) for section in sections))


def _rows_in_order(section: SectionDraft) -> SectionDraft:
    rows = {row: index for index, row in enumerate(natsorted({seat.row for seat in section.seats}))}
    seats = sorted(section.seats, key=lambda seat: (rows[seat.row], seat.column))
    return replace(section, seats=tuple(seats))


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
            )
            for seat in section.seats
        )
    return Layout(tuple(sections), tuple(seats))


def is_coordinate(value: float) -> bool:
    """Tell whether a number can stand in a drawing."""
    return abs(value) <= COORDINATE_MAX  # false for infinities and NaN as well


def are_side_by_side(places: Sequence[tuple[object, str, int]]) -> bool:
    """Tell whether seats, each given as section, row and column, stand in one row with no seat between them."""
    if len({(section, row) for section, row, _ in places}) > 1:
        return False
    columns = sorted(column for _, _, column in places)
    return all(right - left == 1 for left, right in pairwise(columns))

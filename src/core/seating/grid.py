"""Layouts from rows and columns: rows R1, R2, … of seats R1S1, R1S2, …"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.seating.errors import InvalidPlanError
from core.seating.layout import (
    SEATS_MAX,
    SECTION_NAME_LENGTH_MAX,
    SECTIONS_MAX,
    LayoutDraft,
    SeatDraft,
    SectionDraft,
)
from core.shared.errors import Problem

SEAT_PITCH = 25.0
"""How far apart the seats of a grid are drawn, in the units of the drawing."""

AISLE = 50.0
"""The gap between two sections of a grid."""


@dataclass(frozen=True, slots=True)
class GridSection:
    """A block of seats: so many rows of so many seats."""

    name: str
    rows: int
    columns: int


def lay_out_grid(sections: Sequence[GridSection], *, pointer: str = "/source/sections") -> LayoutDraft:
    """Return the layout, sections one below the other in the order given.

    Raises InvalidPlanError for a name that is empty, too long or used twice, and for more than SECTIONS_MAX sections
    or SEATS_MAX seats in all.
    """
    problems = _faults(sections, pointer)
    if problems:
        raise InvalidPlanError(problems[0].message, problems)
    drafts: list[SectionDraft] = []
    top = 0.0
    for section in sections:
        drafts.append(_lay_out(section, top))
        top += section.rows * SEAT_PITCH + AISLE
    width = max((section.columns for section in sections), default=0) * SEAT_PITCH
    return LayoutDraft(sections=tuple(drafts), drawing={"size": {"width": width, "height": max(top - AISLE, 0.0)}})


def _faults(sections: Sequence[GridSection], pointer: str) -> list[Problem]:
    problems: list[Problem] = []
    if len(sections) > SECTIONS_MAX:
        problems.append(Problem(pointer, f"A plan has at most {SECTIONS_MAX} sections."))
    seen: set[str] = set()
    for index, section in enumerate(sections):
        if not section.name.strip() or len(section.name) > SECTION_NAME_LENGTH_MAX:
            message = f"A section's name has 1 to {SECTION_NAME_LENGTH_MAX} characters."
            problems.append(Problem(f"{pointer}/{index}/name", message))
        if section.name in seen:
            problems.append(Problem(f"{pointer}/{index}/name", f"Section {section.name!r} is there twice."))
        seen.add(section.name)
        if section.rows < 1 or section.columns < 1:
            problems.append(Problem(f"{pointer}/{index}", "A section has at least one row and one column."))
    if sum(max(section.rows, 0) * max(section.columns, 0) for section in sections) > SEATS_MAX:
        problems.append(Problem(pointer, f"A plan has at most {SEATS_MAX} seats."))
    return problems


def _lay_out(section: GridSection, top: float) -> SectionDraft:
    seats = tuple(
        SeatDraft(
            guid=f"{section.name}-R{row}S{column}",
            label=f"R{row}S{column}",
            row=f"R{row}",
            number=str(column),
            column=column,
            x=(column - 1) * SEAT_PITCH,
            y=top + (row - 1) * SEAT_PITCH,
        )
        for row in range(1, section.rows + 1)
        for column in range(1, section.columns + 1)
    )
    return SectionDraft(name=section.name, row_count=section.rows, column_count=section.columns, seats=seats)

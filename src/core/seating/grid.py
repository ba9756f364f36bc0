"""Layouts from rows and columns: rows R1, R2, … of seats R1S1, R1S2, …, with sections for general admission between."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.seating.attributes import AISLE, YES
from core.seating.errors import InvalidPlanError
from core.seating.layout import (
    GA_CAPACITY_MAX,
    SEATS_MAX,
    SECTION_NAME_LENGTH_MAX,
    SECTIONS_MAX,
    LayoutDraft,
    SeatDraft,
    SectionDraft,
)
from core.seating.places import SectionKind
from core.shared.errors import Problem
from core.shared.ids import TicketId

SEAT_PITCH = 25.0
"""How far apart the seats of a grid are drawn, in the units of the drawing."""

AISLE_WIDTH = 50.0
"""The gap between two sections of a grid."""


@dataclass(frozen=True, slots=True)
class GridSection:
    """A block of seats: so many rows of so many seats. The first and last seat of a row are on an aisle."""

    name: str
    rows: int
    columns: int
    floor: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class GaSection:
    """A part without seats that takes so many people, sold by a general-admission ticket."""

    name: str
    capacity: int
    ticket_id: TicketId | None = None
    floor: str | None = None
    zone: str | None = None


def lay_out_grid(sections: Sequence[GridSection | GaSection], *, pointer: str = "/source/sections") -> LayoutDraft:
    """Return the layout, sections one below the other in the order given.

    Raises InvalidPlanError for a name that is empty, too long or used twice, for a capacity that cannot be, and for
    more than SECTIONS_MAX sections or SEATS_MAX seats in all.
    """
    problems = _faults(sections, pointer)
    if problems:
        raise InvalidPlanError(problems[0].message, problems)
    drafts: list[SectionDraft] = []
    top = 0.0
    for section in sections:
        if isinstance(section, GaSection):
            drafts.append(ga_section(section))
        else:
            drafts.append(_lay_out(section, top))
            top += section.rows * SEAT_PITCH + AISLE_WIDTH
    seated = [section for section in sections if isinstance(section, GridSection)]
    width = max((section.columns for section in seated), default=0) * SEAT_PITCH
    size = {"width": width, "height": max(top - AISLE_WIDTH, 0.0)}
    return LayoutDraft(sections=tuple(drafts), drawing={"size": size, "areas": []})


def ga_section(section: GaSection) -> SectionDraft:
    """Return the section as a layout has it."""
    return SectionDraft(
        name=section.name,
        floor=section.floor,
        zone=section.zone,
        kind=SectionKind.GA,
        capacity=section.capacity,
        ticket_id=section.ticket_id,
    )


def _faults(sections: Sequence[GridSection | GaSection], pointer: str) -> list[Problem]:
    problems: list[Problem] = []
    if len(sections) > SECTIONS_MAX:
        problems.append(Problem(pointer, f"A plan has at most {SECTIONS_MAX} sections."))
    seen: set[str] = set()
    seats_count = 0
    for index, section in enumerate(sections):
        problems += section_faults(section, f"{pointer}/{index}")
        if section.name in seen:
            problems.append(Problem(f"{pointer}/{index}/name", f"Section {section.name!r} is there twice."))
        seen.add(section.name)
        if isinstance(section, GridSection):
            seats_count += max(section.rows, 0) * max(section.columns, 0)
    if seats_count > SEATS_MAX:
        problems.append(Problem(pointer, f"A plan has at most {SEATS_MAX} seats."))
    return problems


def section_faults(section: GridSection | GaSection, pointer: str) -> list[Problem]:
    """Return what is wrong with one section by itself."""
    problems: list[Problem] = []
    if not section.name.strip() or len(section.name) > SECTION_NAME_LENGTH_MAX:
        problems.append(Problem(f"{pointer}/name", f"A section's name has 1 to {SECTION_NAME_LENGTH_MAX} characters."))
    for member, name in (("name", section.name), ("floor", section.floor), ("zone", section.zone)):
        if name is not None and not name.isprintable():
            problems.append(Problem(f"{pointer}/{member}", f"{member} has control characters."))
    if isinstance(section, GridSection):
        if section.rows < 1 or section.columns < 1:
            problems.append(Problem(pointer, "A section has at least one row and one column."))
    elif not 1 <= section.capacity <= GA_CAPACITY_MAX:
        message = f"A section for general admission takes 1 to {GA_CAPACITY_MAX} people."
        problems.append(Problem(f"{pointer}/capacity", message))
    return problems


def _lay_out(section: GridSection, top: float) -> SectionDraft:
    on_aisle = {AISLE: YES}
    seats = tuple(
        SeatDraft(
            guid=f"{section.name}-R{row}S{column}",
            label=f"R{row}S{column}",
            row=f"R{row}",
            number=str(column),
            column=column,
            x=(column - 1) * SEAT_PITCH,
            y=top + (row - 1) * SEAT_PITCH,
            attributes=on_aisle if column in (1, section.columns) else {},
        )
        for row in range(1, section.rows + 1)
        for column in range(1, section.columns + 1)
    )
    return SectionDraft(name=section.name, floor=section.floor, zone=section.zone, seats=seats)

"""Grids: where each seat stands, and what is told of sections that cannot be."""

import pytest

from core.seating.errors import InvalidPlanError
from core.seating.grid import GaSection, GridSection, lay_out_grid
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
from tests.layout_builders import GA_TICKET

AISLE = {"aisle": "yes"}


def a_seat(section: str, row: int, column: int, y: float, **attributes: str) -> SeatDraft:
    label = f"R{row}S{column}"
    return SeatDraft(
        guid=f"{section}-{label}",
        label=label,
        row=f"R{row}",
        number=str(column),
        column=column,
        x=25.0 * (column - 1),
        y=y,
        attributes=attributes,
    )


def test_sections_stand_one_below_the_other_with_a_way_between_them() -> None:
    pit = GaSection("Pit", 5, TicketId(GA_TICKET), "0", "Floor")
    draft = lay_out_grid([GridSection("A", 2, 3, "1", "West"), pit, GridSection("B", 1, 1)])
    rows = [(1, 0.0), (2, 25.0)]
    assert draft == LayoutDraft(
        sections=(
            SectionDraft(
                name="A",
                floor="1",
                zone="West",
                seats=tuple(
                    a_seat("A", row, column, y, **({} if column == 2 else AISLE))
                    for row, y in rows
                    for column in (1, 2, 3)
                ),
            ),
            SectionDraft(
                name="Pit",
                floor="0",
                zone="Floor",
                kind=SectionKind.GA,
                capacity=5,
                ticket_id=pit.ticket_id,
            ),
            SectionDraft(name="B", seats=(a_seat("B", 1, 1, 100.0, **AISLE),)),
        ),
        drawing={"size": {"width": 75.0, "height": 125.0}, "areas": []},
    )
    assert lay_out_grid([pit]).drawing == {"size": {"width": 0.0, "height": 0.0}, "areas": []}


def told(*sections: GridSection | GaSection) -> list[Problem]:
    with pytest.raises(InvalidPlanError) as refused:
        lay_out_grid(sections)
    assert refused.value.message == refused.value.problems[0].message
    return list(refused.value.problems)


def test_whatever_is_wrong_with_a_section_is_told() -> None:
    name = f"A section's name has 1 to {SECTION_NAME_LENGTH_MAX} characters."
    people = f"A section for general admission takes 1 to {GA_CAPACITY_MAX} people."
    assert told(
        GridSection(" ", 1, 1),
        GridSection("x" * 101, 1, 1),
        GridSection("a\nb", 1, 1, "c\nd", "e\nf"),
        GridSection("B", 0, 1),
        GridSection("B", 1, 0),
        GaSection("C", 0),
        GaSection("D", GA_CAPACITY_MAX + 1),
    ) == [
        Problem("/source/sections/0/name", name),
        Problem("/source/sections/1/name", name),
        Problem("/source/sections/2/name", "name has control characters."),
        Problem("/source/sections/2/floor", "floor has control characters."),
        Problem("/source/sections/2/zone", "zone has control characters."),
        Problem("/source/sections/3", "A section has at least one row and one column."),
        Problem("/source/sections/4", "A section has at least one row and one column."),
        Problem("/source/sections/4/name", "Section 'B' is there twice."),
        Problem("/source/sections/5/capacity", people),
        Problem("/source/sections/6/capacity", people),
    ]


def test_a_grid_has_its_limits() -> None:
    fine: list[GridSection | GaSection] = [GaSection(str(number), 1) for number in range(SECTIONS_MAX - 2)]
    most: list[GridSection | GaSection] = [
        GaSection("x" * SECTION_NAME_LENGTH_MAX, GA_CAPACITY_MAX),
        GridSection("A", 1, 1),
    ]
    assert len(lay_out_grid([*fine, *most]).sections) == SECTIONS_MAX
    sections = Problem("/source/sections", f"A plan has at most {SECTIONS_MAX} sections.")
    assert told(*fine, *most, GaSection("B", 1)) == [sections]
    seats = Problem("/source/sections", f"A plan has at most {SEATS_MAX} seats.")
    assert told(GridSection("A", 1000, 100), GridSection("B", 500, 100), GridSection("C", 1, 1)) == [seats]
    negative = Problem("/source/sections/1", "A section has at least one row and one column.")
    assert told(GridSection("A", 1000, 150), GridSection("B", -1, 1)) == [negative]
    assert told(GridSection("A", 1000, 150), GridSection("B", 1, -1)) == [negative]
    assert told(GridSection("A", 1000, 150), GridSection("B", 0, 5)) == [negative]

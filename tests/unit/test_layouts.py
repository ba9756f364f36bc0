"""Layouts with and without ids: nothing is lost on the way, and the order of the hall is kept."""

from dataclasses import replace

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.drawn import Category
from core.seating.layout import (
    COORDINATE_MAX,
    LayoutDraft,
    SeatDraft,
    SectionDraft,
    extent_of,
    in_hall_order,
    in_natural_order,
    is_coordinate,
    with_ids,
    without_ids,
)
from core.seating.places import Point, SectionKind, Table, TableSale
from core.shared.ids import TicketId
from tests.layout_builders import GA_TICKET


def a_seat(guid: str, *, row: str = "1", column: int = 1, x: float = 0.0, y: float = 0.0) -> SeatDraft:
    return SeatDraft(
        guid=guid,
        label=f"label {guid}",
        row=row,
        number=f"number {guid}",
        column=column,
        category="Loge",
        x=x,
        y=y,
        attributes={"aisle": "yes"},
        table=Table("T", TableSale.WHOLE),
    )


DRAFT = LayoutDraft(
    sections=(
        SectionDraft(name="A", floor="1", zone="West", seats=(a_seat("a", column=7), a_seat("b", row="2", x=1.0))),
        SectionDraft(name="Pit", kind=SectionKind.GA, capacity=5, ticket_id=TicketId(GA_TICKET)),
    ),
    categories=(Category("Loge", "red"),),
    drawing={"size": {}},
    focus=Point(1.0, 2.0),
)


def test_a_layout_without_its_ids_is_the_draft_that_it_was_made_of() -> None:
    layout = with_ids(DRAFT, new_id=MemoryIds().new, price_minor=700)
    again = without_ids(layout, categories=DRAFT.categories, drawing=DRAFT.drawing, focus=DRAFT.focus)
    assert again == DRAFT
    assert [(section.row_count, section.column_count, section.display_order) for section in layout.sections] == [
        (2, 7, 0),
        (0, 0, 1),
    ]
    assert {seat.price_minor for seat in layout.seats} == {700}


def test_seats_with_positions_stand_in_their_order() -> None:
    first, second = with_ids(DRAFT, new_id=MemoryIds().new, price_minor=700).seats
    assert in_hall_order([first, second]) == [first, second]
    placed = [replace(first, position=1), replace(second, position=0)]
    assert in_hall_order(placed) == placed[::-1]


def test_sections_without_a_floor_or_a_zone_come_first() -> None:
    names = [("1", "West"), ("1", None), (None, "West"), (None, None), ("1", "ABC"), ("", "")]
    sections = tuple(SectionDraft(name=str(at), floor=floor, zone=zone) for at, (floor, zone) in enumerate(names))
    found = in_natural_order(LayoutDraft(sections=sections)).sections
    assert [section.name for section in found] == ["3", "5", "2", "1", "4", "0"]


@pytest.mark.parametrize(
    ("places", "margin", "width", "height"),
    [
        ([], 0.0, 0.0, 0.0),
        ([], 25.0, 25.0, 25.0),
        ([(10.0, 20.0), (30.0, 5.0)], 25.0, 55.0, 45.0),
        ([(10.2, 20.1)], 0.0, 11.0, 21.0),
        ([(-50.0, -60.0)], 25.0, 0.0, 0.0),
    ],
)
def test_a_drawing_is_as_large_as_its_seats_and_a_margin(
    places: list[tuple[float, float]], margin: float, width: float, height: float
) -> None:
    seats = [a_seat(str(at), x=x, y=y) for at, (x, y) in enumerate(places)]
    assert extent_of(seats, margin=margin) == {"width": width, "height": height}


@pytest.mark.parametrize("value", [0, COORDINATE_MAX, -COORDINATE_MAX])
def test_a_coordinate_is_so_large_at_most(value: float) -> None:
    assert is_coordinate(value)
    assert not is_coordinate(value * 1.001) or value == 0
    assert not is_coordinate(float("nan"))

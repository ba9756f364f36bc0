"""Who sits beside whom in a hall, and how far away the focus is: rows that are bent, steep, parted or unmeasured."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall import Hall
from core.seating.layout import Layout, with_ids
from core.seating.places import Point

type Place = tuple[float, float]


def a_layout(rows: int, columns: int) -> Layout:
    draft = lay_out_grid([GridSection("Stalls", rows, columns)])
    return with_ids(draft, new_id=MemoryIds().new, price_minor=1000)


def a_row(places: Sequence[Place], columns: Sequence[int] | None = None) -> Layout:
    """Lay out one row of seats at these places, with these columns or with columns that follow each other."""
    layout = a_layout(1, len(places))
    numbers = columns or range(1, len(places) + 1)
    seats = [
        replace(seat, x=x, y=y, column=column)
        for seat, (x, y), column in zip(layout.seats, places, numbers, strict=True)
    ]
    return replace(layout, seats=tuple(seats))


def parts_of(layout: Layout) -> list[int]:
    return [len(stretch.seats) for stretch in Hall.of(layout.sections, layout.seats).stretches]


def distances_of(layout: Layout, focus: Point | None) -> list[float]:
    hall = Hall.of(layout.sections, layout.seats, focus=focus)
    return [distance for stretch in hall.stretches for distance in stretch.distances]


def along(*gaps: float) -> list[Place]:
    """Return the places of seats along a line, so far from each other."""
    return [(sum(gaps[:number]), 0.0) for number in range(len(gaps) + 1)]


@pytest.mark.parametrize(("gap", "parts"), [(35.0, [4]), (35.1, [3, 1])])
def test_an_aisle_is_wider_than_seven_quarters_of_what_is_usual(gap: float, parts: list[int]) -> None:
    assert parts_of(a_row(along(20, 20, gap))) == parts


def test_a_row_may_run_away_from_the_stage_and_have_an_aisle() -> None:
    assert parts_of(a_row([(0.0, y) for y in (100, 120, 140, 180, 200)])) == [3, 2]


@pytest.mark.parametrize("unit", [1.0, 0.02, 1000.0])
def test_aisles_are_seen_in_whatever_unit_a_plan_is_drawn(unit: float) -> None:
    assert parts_of(a_row(along(20 * unit, 20 * unit, 60 * unit))) == [3, 1]


def test_two_seats_that_stand_close_do_not_make_aisles_of_all_other_gaps() -> None:
    assert parts_of(a_row(along(20, 40, 40, 80))) == [4, 1]


def test_only_neighbours_show_what_is_usual() -> None:
    assert parts_of(a_row(along(50, 50, 50, 50, 20, 50), columns=(1, 3, 5, 7, 9, 10, 11))) == [1, 1, 1, 1, 2, 1]


def test_seats_that_are_drawn_on_one_spot_do_not_make_aisles_of_what_is_usual() -> None:
    assert parts_of(a_row(along(0, 0, 0, 20, 20))) == [6]


def test_three_rows_of_one_name_are_three_rows() -> None:
    layout = a_layout(3, 2)
    same = replace(layout, seats=tuple(replace(seat, row="R") for seat in layout.seats))
    assert parts_of(same) == [2, 2, 2]


def test_positions_tell_the_order_of_the_hall_however_the_seats_come() -> None:
    layout = a_layout(3, 1)
    placed = [replace(seat, position=number) for number, seat in enumerate(layout.seats)]
    hall = Hall.of(layout.sections, placed[::-1])
    assert [stretch.row for stretch in hall.stretches] == ["R1", "R2", "R3"]


def test_two_places_are_enough_to_measure_by_and_the_focus_may_be_anywhere() -> None:
    layout = a_row([(0.0, 0.0), (3.0, 4.0)])
    assert distances_of(layout, Point(3.0, 4.0)) == [5.0, 0.0]
    assert distances_of(layout, Point(0.0, -1.0)) == [1.0, pytest.approx(5.83, abs=0.01)]
    assert distances_of(layout, None) == [1.5, pytest.approx(4.27, abs=0.01)]
    assert inf not in distances_of(a_row([(0.0, 0.0), (0.0, 0.0)]), None)


def test_the_middle_of_the_top_edge_is_where_everybody_looks_wherever_the_top_is() -> None:
    assert distances_of(a_row([(10.0, 100.0), (16.0, 100.0), (13.0, 104.0)]), None) == [3.0, 3.0, 4.0]


def test_rows_without_places_stand_behind_each_other_by_their_middles() -> None:
    layout = a_layout(2, 3)
    flat = replace(layout, seats=tuple(replace(seat, x=0.0, y=0.0) for seat in layout.seats))
    assert distances_of(flat, None) == [1.0, 0.0, 1.0, pytest.approx(2**0.5), 1.0, pytest.approx(2**0.5)]

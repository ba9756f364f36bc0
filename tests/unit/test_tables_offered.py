"""Whole tables for a party: the fewest and nearest that come to its size, alone or with rows."""

import pytest

from core.seating.best_available import SeatWish
from core.seating.hall_kinds import HallTable
from core.seating.tables_offered import mixes, table_sets
from tests.picked_seats import Picked, a_layout


def a_table(name: str, first: int, size: int, cost: float) -> HallTable:
    return HallTable("Stalls", name, tuple(range(first, first + size)), cost, ordinary=True)


T, U, V, W = a_table("T", 1, 2, 30.0), a_table("U", 11, 2, 20.0), a_table("V", 21, 4, 90.0), a_table("W", 31, 3, 5.0)


def test_a_table_is_taken_once_and_the_fewest_and_then_the_nearest_are() -> None:
    sets = table_sets([T, U, V], 6)
    assert {seats: chosen.numbers for seats, chosen in sets.items()} == {0: (), 2: (1,), 4: (2,), 6: (1, 2)}
    assert [chosen.cost for chosen in sets.values()] == [0.0, 20.0, 90.0, 110.0]
    assert {seats: chosen.numbers for seats, chosen in table_sets([T, U], 9).items()} == {0: (), 2: (1,), 4: (0, 1)}
    assert set(table_sets([T, U, V], 5)) == {0, 2, 4}


def test_of_sets_as_near_as_each_other_the_first_in_the_hall_is_taken() -> None:
    twin = a_table("X", 41, 2, 20.0)
    assert table_sets([T, U, twin], 2)[2].numbers == (1,)


@pytest.mark.parametrize(
    ("tables", "runs", "quantity", "found"),
    [
        ([], [1, 4], 4, {(4, ())}),
        ([W], [1, 4], 4, {(4, ())}),
        ([W], [1, 3], 4, {(1, (31, 32, 33)), (4, ())}),
        ([T, U], [2], 4, {(2, (11, 12)), (0, (1, 2, 11, 12))}),
        ([T, V], [2], 6, {(0, (1, 2, 21, 22, 23, 24)), (2, (21, 22, 23, 24))}),
        ([V], [1, 1, 1], 4, {(0, (21, 22, 23, 24))}),
        ([T], [1, 1], 5, set[tuple[int, tuple[int, ...]]]()),
    ],
)
def test_rows_and_tables_are_mixed_in_every_way_of_as_few_groups_as_can_be(
    tables: list[HallTable], runs: list[int], quantity: int, found: set[tuple[int, tuple[int, ...]]]
) -> None:
    assert set(mixes(tables, runs, quantity)) == found


def test_a_table_behind_all_free_seats_is_known_to_be_taken() -> None:
    pick = Picked(a_layout(4, 40, R4S39="T", R4S40="T"))
    assert pick(SeatWish(quantity=2)) == ["R1S20", "R1S21"]
    pick.taken = tuple(seat.label for seat in pick.layout.seats if seat.table is None)
    assert pick(SeatWish(quantity=2)) == ["R4S39", "R4S40"]
    pick.taken = tuple(seat.label for seat in pick.layout.seats if seat.row != "R1")
    assert pick(SeatWish(quantity=2)) == ["R1S20", "R1S21"]

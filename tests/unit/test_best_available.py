"""The best available seats: proved against looking at every choice there is, in small halls."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from math import fsum
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.clock import MemoryIds
from core.seating import best_available
from core.seating.best_available import SeatWish, explain
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks, bits_of, mask_of, windows
from core.seating.layout import Layout, with_ids
from core.seating.orphans import stranded, stranding
from core.seating.plans import ACCESSIBLE, PlannedSeat, Section, is_accessible
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import Money

TIERS = [PriceTierId(UUID(int=number)) for number in (1, 2)]


def a_layout(*sections: GridSection) -> Layout:
    return with_ids(lay_out_grid(sections), new_id=MemoryIds().new, price_minor=1000)


def hall_of(layout: Layout) -> HallMasks:
    places = {seat.id: place for place, seat in enumerate(layout.seats)}
    return HallMasks.of(Hall.of(layout.sections, layout.seats), places)


def choose(
    hall: HallMasks, free: Iterable[SeatId], wish: SeatWish, *, among: int = 1, draw: int = 0
) -> tuple[PlannedSeat, ...] | None:
    return best_available.choose(hall, mask_of(hall.bits_for(free)), wish, among=among, draw=draw)


def stretches_of(layout: Layout) -> list[int]:
    return [len(stretch.seats) for stretch in Hall.of(layout.sections, layout.seats).stretches]


def labels(seats: Iterable[PlannedSeat] | None) -> list[str] | None:
    return None if seats is None else [seat.label for seat in seats]


def free_in(layout: Layout, *taken: str) -> frozenset[SeatId]:
    return frozenset(seat.id for seat in layout.seats if seat.label not in taken)


def test_seats_together_come_from_the_middle_of_the_front() -> None:
    layout = a_layout(GridSection("Stalls", 3, 9))
    hall = hall_of(layout)
    seats = choose(hall, free_in(layout), SeatWish(quantity=3))
    assert labels(seats) == ["R1S4", "R1S5", "R1S6"]
    words = "3 seats side by side in Stalls, row R1, as near the middle of the front as there was."
    assert seats is not None and explain(hall, [seat.id for seat in seats]) == (True, words)


def test_a_choice_does_not_strand_a_single_seat_while_another_of_its_size_does_not() -> None:
    layout = a_layout(GridSection("Stalls", 2, 5))
    free = free_in(layout, "R1S1", "R1S2")  # three seats are left in front
    chosen = choose(hall_of(layout), free, SeatWish(quantity=2))
    assert chosen is not None and {seat.row for seat in chosen} == {"R2"}
    assert labels(choose(hall_of(layout), free, SeatWish(quantity=3))) == ["R1S3", "R1S4", "R1S5"]


def test_a_single_seat_is_stranded_where_nothing_else_is_left() -> None:
    layout = a_layout(GridSection("Stalls", 1, 3))
    assert labels(choose(hall_of(layout), free_in(layout), SeatWish(quantity=2))) == ["R1S1", "R1S2"]


def test_a_gap_in_the_columns_and_an_aisle_part_a_row() -> None:
    layout = a_layout(GridSection("Stalls", 1, 6))
    gap = replace(layout, seats=tuple(seat for seat in layout.seats if seat.column != 3))
    assert labels(choose(hall_of(gap), free_in(gap), SeatWish(quantity=3))) == ["R1S4", "R1S5", "R1S6"]
    assert choose(hall_of(gap), free_in(gap), SeatWish(quantity=4)) is None
    moved = tuple(replace(seat, x=seat.x + (50.0 if seat.column > 2 else 0.0)) for seat in layout.seats)
    aisle = replace(layout, seats=moved)
    assert stretches_of(aisle) == [2, 4]
    slight = tuple(replace(seat, x=seat.x + (10.0 if seat.column > 2 else 0.0)) for seat in layout.seats)
    assert stretches_of(replace(layout, seats=slight)) == [6]


def test_two_rows_of_one_name_are_not_taken_for_one() -> None:
    layout = a_layout(GridSection("Stalls", 2, 3))
    same = replace(layout, seats=tuple(replace(seat, row="R") for seat in layout.seats))
    assert stretches_of(same) == [3, 3]


def test_without_coordinates_the_first_row_is_in_front() -> None:
    layout = a_layout(GridSection("Stalls", 2, 5))
    flat = replace(layout, seats=tuple(replace(seat, x=0.0, y=0.0) for seat in layout.seats))
    assert labels(choose(hall_of(flat), free_in(flat), SeatWish(quantity=1))) == ["R1S3"]
    assert labels(choose(hall_of(flat), free_in(flat, "R1S3"), SeatWish(quantity=1))) == ["R2S3"]


def test_a_party_is_split_only_where_it_allows_it_and_as_little_as_can_be() -> None:
    layout = a_layout(GridSection("Stalls", 3, 4))
    hall, free = hall_of(layout), free_in(layout)
    assert choose(hall, free, SeatWish(quantity=6)) is None
    seats = choose(hall, free, SeatWish(quantity=6, allow_split=True))
    assert seats is not None and len({seat.row for seat in seats}) == 2
    adjacent, words = explain(hall, [seat.id for seat in seats])
    assert not adjacent and words.startswith("6 seats in 2 groups, since no 6 were free side by side: ")
    assert choose(hall, free, SeatWish(quantity=13, allow_split=True)) is None


def test_accessible_seats_are_for_those_who_ask_for_them_only() -> None:
    layout = a_layout(GridSection("Stalls", 1, 4))
    kept = {"R1S2", "R1S3"}
    seats = tuple(
        replace(seat, attributes={ACCESSIBLE: "yes"}) if seat.label in kept else seat for seat in layout.seats
    )
    layout = replace(layout, seats=seats)
    hall, free = hall_of(layout), free_in(layout)
    assert choose(hall, free, SeatWish(quantity=2)) is None
    assert labels(choose(hall, free, SeatWish(quantity=2, allow_split=True))) == ["R1S1", "R1S4"]
    assert labels(choose(hall, free, SeatWish(quantity=1, accessible=True))) == ["R1S2"]
    assert choose(hall, free, SeatWish(quantity=3, accessible=True, allow_split=True)) is None


def test_a_section_passes_its_tier_on_and_a_ceiling_counts_for_each_seat() -> None:
    layout = a_layout(GridSection("Stalls", 1, 4), GridSection("Circle", 1, 4))
    stalls, circle = layout.sections
    sections: tuple[Section, ...] = (replace(stalls, price_tier_id=TIERS[0]), circle)
    seats = tuple(replace(seat, price_minor=2000) if seat.section_id == stalls.id else seat for seat in layout.seats)
    layout = Layout(sections, seats)
    hall = hall_of(layout)

    def section_of(wish: SeatWish) -> set[SectionId]:
        return {seat.section_id for seat in choose(hall, frozenset(seat.id for seat in seats), wish) or ()}

    assert section_of(SeatWish(quantity=2)) == {stalls.id}
    assert section_of(SeatWish(quantity=2, price_max=Money(2000, "EUR"))) == {stalls.id}
    assert section_of(SeatWish(quantity=2, price_max=Money(1999, "EUR"))) == {circle.id}
    assert section_of(SeatWish(quantity=2, section_ids=frozenset({circle.id}))) == {circle.id}
    assert section_of(SeatWish(quantity=2, price_tier_ids=frozenset({TIERS[0]}))) == {stalls.id}
    assert section_of(SeatWish(quantity=2, price_tier_ids=frozenset({TIERS[1]}))) == set()


@pytest.mark.parametrize(
    ("free", "chosen", "left"),
    [
        ("11111", {1, 2}, (0,)),
        ("11111", {0, 1}, ()),
        ("11111", {0, 2}, (1,)),
        ("11111", {1, 3}, (0, 2, 4)),
        ("10111", {2}, ()),
        ("10111", {3}, (2, 4)),
        ("111", {0, 1, 2}, ()),
    ],
)
def test_a_seat_is_stranded_between_taken_ones_and_the_end(free: str, chosen: set[int], left: tuple[int, ...]) -> None:
    assert tuple(bits_of(stranded(int(free[::-1], 2), mask_of(list(chosen))))) == left


@given(free=st.lists(st.booleans(), max_size=9), data=st.data())
def test_stranded_seats_are_those_that_are_alone_afterwards_and_were_not_before(
    free: list[bool], data: st.DataObject
) -> None:
    places = [place for place, is_free in enumerate(free) if is_free]
    chosen = data.draw(st.sets(st.sampled_from(places))) if places else set[int]()

    def alone(picture: list[bool]) -> set[int]:
        padded = [False, *picture, False]
        return {i for i in range(len(picture)) if padded[i + 1] and not padded[i] and not padded[i + 2]}

    after = [is_free and place not in chosen for place, is_free in enumerate(free)]
    picture, taken = mask_of(places), mask_of(list(chosen))
    assert set(bits_of(stranded(picture, taken))) == alone(after) - alone(free)


@given(free=st.integers(0, 2**12 - 1), size=st.integers(1, 13))
def test_windows_are_all_places_for_so_many_and_those_that_strand_are_told_from_those_that_do_not(
    free: int, size: int
) -> None:
    starts = [start for start in range(12) if all(free >> bit & 1 for bit in range(start, start + size))]
    found = windows(free, size)
    assert list(bits_of(found)) == starts
    strands = [start for start in starts if stranded(free, ((1 << size) - 1) << start)]
    assert list(bits_of(found & stranding(free, size))) == strands


class Oracle:
    """Looks at every choice of a small hall, by the words of the rules and not by their code."""

    def __init__(self, layout: Layout, free: frozenset[SeatId], wish: SeatWish) -> None:
        self.wish = wish
        tiers = {section.id: section.price_tier_id for section in layout.sections}
        kind = [s for s in layout.seats if s.id in free and is_accessible(s) == wish.accessible]
        self.kind = {seat.id for seat in kind}
        self.candidates = [
            seat
            for seat in kind
            if (wish.price_tier_ids is None or (seat.price_tier_id or tiers[seat.section_id]) in wish.price_tier_ids)
            and (wish.price_max is None or seat.price_minor <= wish.price_max.amount_minor)
        ]
        self.seats = {(seat.section_id, seat.row, seat.column): seat for seat in layout.seats}
        middle = (min(s.x for s in layout.seats) + max(s.x for s in layout.seats)) / 2
        top = min(s.y for s in layout.seats)
        self.far = {s.id: ((s.x - middle) ** 2 + (s.y - top) ** 2) ** 0.5 for s in layout.seats}

    def beside(self, seat: PlannedSeat) -> list[PlannedSeat]:
        near = (self.seats.get((seat.section_id, seat.row, seat.column + step)) for step in (-1, 1))
        return [other for other in near if other is not None and abs(other.x - seat.x) < 40]

    def groups(self, chosen: Iterable[PlannedSeat]) -> int:
        ids = {seat.id for seat in chosen}
        pairs = sum(1 for seat in chosen for other in self.beside(seat) if other.id in ids) // 2
        return len(ids) - pairs

    def strands(self, chosen: Iterable[PlannedSeat]) -> bool:
        if self.wish.accessible:
            return False
        left = self.kind - {seat.id for seat in chosen}
        return any(
            other.id in left and not any(next_one.id in left for next_one in self.beside(other))
            for seat in chosen
            for other in self.beside(seat)
        )

    def cost(self, chosen: Iterable[PlannedSeat]) -> float:
        return fsum(self.far[seat.id] for seat in chosen)

    def choices(self) -> list[tuple[PlannedSeat, ...]]:
        return list(combinations(self.candidates, self.wish.quantity))


@st.composite
def halls(draw: st.DrawFn) -> tuple[Layout, frozenset[SeatId]]:
    """One or two sections of short rows, with seats left out, an aisle, tiers, prices and accessible seats."""
    shape = draw(st.sampled_from([(1, 9), (2, 5), (3, 4), (2, 6)]))
    layout = a_layout(
        *(GridSection(name, *shape) for name in ("A", "B")[: draw(st.integers(1, 2)) if shape[0] < 2 else 1])
    )
    aisle = draw(st.integers(1, 12))
    seats: list[PlannedSeat] = []
    free: set[SeatId] = set()
    for seat in layout.seats:
        kind = draw(st.sampled_from("....xxdat"))
        if kind == "x":
            seats.append(seat)
            continue
        if kind == "d":
            continue
        free.add(seat.id)
        changed = replace(seat, price_tier_id=TIERS[1], price_minor=3000) if kind == "t" else seat
        seats.append(replace(changed, attributes={ACCESSIBLE: 1.0}) if kind == "a" else changed)
    if not seats:
        seats = list(layout.seats)
    moved = tuple(replace(seat, x=seat.x + (40 if seat.column > aisle else 0)) for seat in seats)
    sections = tuple(replace(section, price_tier_id=TIERS[0]) for section in layout.sections)
    # A row that is taken shows how far apart seats usually stand.
    taken = tuple(
        replace(
            seats[0], id=SeatId(UUID(int=1000 * n + i)), section_id=section.id, row="Z", column=i, x=25.0 * i, y=500.0
        )
        for n, section in enumerate(sections, start=1)
        for i in range(1, 41)
    )
    return Layout(sections, (*moved, *taken)), frozenset(free)


wishes = st.builds(
    SeatWish,
    quantity=st.integers(1, 5),
    price_tier_ids=st.sampled_from([None, None, None, frozenset(TIERS[:1]), frozenset(TIERS[1:])]),
    price_max=st.sampled_from([None, None, None, Money(1000, "EUR"), Money(999, "EUR")]),
    accessible=st.sampled_from([False, False, False, True]),
    allow_split=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(case=halls(), wish=wishes, among=st.integers(1, 9), draw=st.integers(0, 99))
def test_no_choice_is_better_than_the_one_that_is_made(
    case: tuple[Layout, frozenset[SeatId]], wish: SeatWish, among: int, draw: int
) -> None:
    layout, free = case
    hall, oracle = hall_of(layout), Oracle(layout, free, wish)
    best = choose(hall, free, wish)
    drawn = choose(hall, free, wish, among=among, draw=draw)
    assert choose(hall, free, wish, among=among, draw=draw) == drawn
    choices = oracle.choices()
    fewest = min((oracle.groups(choice) for choice in choices), default=0)
    if not choices or (fewest > 1 and not wish.allow_split):
        assert best is None and drawn is None
        return
    assert best is not None and drawn is not None
    equals = [choice for choice in choices if oracle.groups(choice) == fewest]
    kind = [choice for choice in equals if not oracle.strands(choice)] or equals
    for seats in (best, drawn):
        assert seats in kind
    if fewest == 1:
        assert oracle.cost(best) == pytest.approx(min(oracle.cost(choice) for choice in kind))
    assert explain(hall, [seat.id for seat in best])[0] == (fewest == 1)


def test_two_draws_of_a_crowd_take_other_seats() -> None:
    layout = a_layout(GridSection("Stalls", 5, 10))
    hall, free = hall_of(layout), free_in(layout)
    wish = SeatWish(quantity=2)
    first = {tuple(labels(choose(hall, free, wish, draw=draw)) or ()) for draw in range(16)}
    drawn = {tuple(labels(choose(hall, free, wish, among=16, draw=draw)) or ()) for draw in range(16)}
    assert len(first) == 1 and len(drawn) == 16 and first < drawn

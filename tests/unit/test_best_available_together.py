"""Companions with their wheelchair places, and whole tables, for wishes: proved against looking at every choice."""

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.clock import MemoryIds
from core.seating import parties
from core.seating.attributes import COMPANION, COMPANION_OF, YES, companions_of, place_of
from core.seating.best_available import SeatWish, choose, explain
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall_masks import mask_of
from core.seating.layout import Layout, with_ids
from core.seating.plans import ACCESSIBLE, PlannedSeat, is_accessible
from core.seating.tables import incomplete_tables, whole_tables
from core.shared.ids import SeatId
from core.shared.money import Money
from tests.picked_seats import WHOLE, Picked, a_layout, masks_of, needs

DEAR = Money(1000, "EUR")

type Choice = tuple[PlannedSeat, ...]


def test_a_companion_is_seated_with_the_wheelchair_place_and_not_nearer_to_the_stage() -> None:
    pick = Picked(a_layout(2, 6, R1S3="cR2S6", R2S1="a", R2S2="cR2S1", R2S6="a"))
    assert pick(needs(1, 1)) == ["R1S3", "R2S6"]
    assert pick.words is not None and not pick.words[0]
    assert pick.words[1].startswith("1 accessible place with 1 companion's seat in 2 groups, companions where")
    assert pick.words[1].endswith(": 1 in Stalls, row R1; 1 in Stalls, row R2.")
    pick.taken = ("R1S3",)
    assert pick(needs(1, 1)) == ["R2S1", "R2S2"]
    beside = "1 accessible place with 1 companion's seat side by side in Stalls, row R2"
    assert pick.words == (True, f"{beside}, as near the middle of the front as there was.")
    assert pick(needs(1, 2)) is None
    assert pick(needs(2, 1)) is None
    assert pick(needs(2, 1, allow_split=True)) == ["R2S1", "R2S2", "R2S6"]
    pick.taken = ("R2S1", "R2S6")
    assert pick(needs(1, 1)) is None, "the companions' seats are free, their places are not"


def test_a_companions_seat_between_two_places_joins_them_where_it_goes_with_one_of_them_and_is_taken() -> None:
    pick = Picked(a_layout(1, 4, R1S1="a", R1S2="cR1S1", R1S3="a", R1S4="cR1S3"))
    assert pick(needs(2, 0)) is None
    assert pick(needs(2, 1)) == ["R1S1", "R1S2", "R1S3"]
    assert pick(needs(2, 2)) == ["R1S1", "R1S2", "R1S3", "R1S4"]
    strange = Picked(a_layout(2, 4, R1S1="a", R1S2="cR2S1", R1S3="a", R1S4="cR1S3", R2S1="a"))
    assert strange(needs(2, 1)) is None
    assert strange(needs(3, 2, allow_split=True)) == ["R1S1", "R1S2", "R1S3", "R1S4", "R2S1"]
    marks = {"R1S1": "a", "R1S4": "a", "R2S1": "a", "R2S2": "cR1S1", "R2S3": "a"}
    apart = Picked(a_layout(2, 6, **marks))
    assert apart(needs(3, 1, allow_split=True)) == ["R1S1", "R1S4", "R2S2", "R2S3"], "R2S1 and R2S3 are no group"


def test_companions_are_wished_for_with_accessible_seats_only() -> None:
    with pytest.raises(ValueError, match="accessible"):
        SeatWish(quantity=2, companions=1)


def test_a_whole_table_is_given_to_a_party_of_its_size_where_it_is_nearest() -> None:
    front = Picked(a_layout(2, 6, R1S3="T", R1S4="T"))
    assert front(SeatWish(quantity=2)) == ["R1S3", "R1S4"]
    assert front.words == (True, "2 seats in Stalls, table T, as near the middle of the front as there was.")
    assert front(SeatWish(quantity=1)) != ["R1S3"]
    back = Picked(a_layout(2, 6, R2S1="T", R2S2="T"))
    assert back(SeatWish(quantity=2)) == ["R1S3", "R1S4"]
    back.taken = ("R2S1",)
    assert back(SeatWish(quantity=11, allow_split=True)) is None
    assert front(SeatWish(quantity=2, price_max=Money(999, "EUR"))) is None


def test_a_table_is_given_before_a_place_that_would_strand_somebody() -> None:
    pick = Picked(a_layout(2, 3, R2S1="T", R2S2="T", R2S3="U"))
    assert pick(SeatWish(quantity=2)) == ["R2S1", "R2S2"]
    pick.taken = ("R2S1",)
    assert pick(SeatWish(quantity=2)) == ["R1S1", "R1S2"]


def test_a_table_is_one_group_of_a_split_and_several_are_mixed_with_rows() -> None:
    pick = Picked(a_layout(2, 6, R2S1="T", R2S2="T", R2S3="T", R2S5="U", R2S6="U"))
    assert pick(SeatWish(quantity=5, allow_split=True)) == ["R1S1", "R1S2", "R1S3", "R1S4", "R1S5"]
    assert pick(SeatWish(quantity=8, allow_split=True)) == [f"R1S{n}" for n in range(1, 7)] + ["R2S5", "R2S6"]
    assert pick.words is not None and "8 seats in 2 groups" in pick.words[1] and "2 in Stalls, table U" in pick.words[1]
    pick.taken = tuple(f"R1S{number}" for number in range(1, 7))
    assert pick(SeatWish(quantity=5, allow_split=True)) == ["R2S1", "R2S2", "R2S3", "R2S5", "R2S6"]
    assert pick(SeatWish(quantity=4, allow_split=True)) == ["R2S1", "R2S2", "R2S3", "R2S4"]
    assert pick(SeatWish(quantity=2, allow_split=True)) == ["R2S5", "R2S6"]


def test_a_table_with_an_accessible_seat_is_given_to_a_wish_once_such_seats_are_released() -> None:
    layout = a_layout(1, 2, R1S1="T", R1S2="T")
    first, second = layout.seats
    pick = Picked(replace(layout, seats=(replace(first, attributes={ACCESSIBLE: YES}), second)))
    assert pick(SeatWish(quantity=2)) is None
    assert pick(SeatWish(quantity=2), released=True) == ["R1S1", "R1S2"]
    assert pick(SeatWish(quantity=1, accessible=True), released=True) is None


class Oracle:
    """Looks at every choice of a small hall, by the words of the rules and not by their code."""

    def __init__(self, layout: Layout, free: frozenset[SeatId], wish: SeatWish, *, released: bool) -> None:
        self.wish = wish
        self.tables = whole_tables(layout.seats)
        self.place = place_of(companions_of(layout.seats))
        self.released = released
        alone = [seat for seat in layout.seats if seat.id in free and seat.id not in self.tables]
        self.picture = {seat.id for seat in alone if self.is_given(seat)}
        wanted = [seat for seat in layout.seats if seat.id in free and self.fits(seat)]
        self.seats = [seat for seat in wanted if seat.id in self.picture]
        self.companions = [seat for seat in wanted if seat.id in self.place and seat.id not in self.tables]
        self.at_tables = [
            seat for seat in wanted if seat.id in self.tables and not wish.accessible and self.is_open(seat)
        ]
        self.at = {(seat.row, seat.column): seat for seat in layout.seats}
        middle = (min(s.x for s in layout.seats) + max(s.x for s in layout.seats)) / 2
        top = min(s.y for s in layout.seats)
        self.far = {s.id: ((s.x - middle) ** 2 + (s.y - top) ** 2) ** 0.5 for s in layout.seats}

    def is_given(self, seat: PlannedSeat) -> bool:
        if self.wish.accessible:
            return is_accessible(seat) and seat.id not in self.place
        return self.released or (not is_accessible(seat) and seat.id not in self.place)

    def is_open(self, seat: PlannedSeat) -> bool:
        table = self.tables[seat.id].seats
        return self.released or not any(is_accessible(one) or one.id in self.place for one in table)

    def fits(self, seat: PlannedSeat) -> bool:
        return self.wish.price_max is None or seat.price_minor <= self.wish.price_max.amount_minor

    def choices(self) -> Iterator[Choice]:
        wish = self.wish
        for places in combinations(self.seats + self.at_tables, wish.quantity):
            ids = {seat.id for seat in places}
            if incomplete_tables(ids, tables=self.tables):
                continue
            theirs = [seat for seat in self.companions if self.place[seat.id] in ids]
            for companions in combinations(theirs, wish.companions):
                yield (*places, *companions)

    def beside(self, seat: PlannedSeat) -> list[PlannedSeat]:
        return [other for step in (-1, 1) if (other := self.at.get((seat.row, seat.column + step))) is not None]

    def groups(self, choice: Choice) -> int:
        ids = {seat.id for seat in choice}
        if self.wish.companions:
            places = sorted((s for s in choice if s.id in self.picture), key=lambda s: (s.row, s.column))
            fewest = [0]
            for end in range(1, len(places) + 1):
                starts = [start for start in range(end) if self.is_group(places[start:end], ids)]
                fewest.append(1 + min(fewest[start] for start in starts))
            return fewest[-1]
        in_rows = [seat for seat in choice if seat.id not in self.tables]
        own = {seat.id for seat in in_rows}
        pairs = sum(1 for seat in in_rows for other in self.beside(seat) if other.id in own) // 2
        return len(in_rows) - pairs + len({self.tables[id].name for id in ids if id in self.tables})

    def is_group(self, places: Sequence[PlannedSeat], ids: Collection[SeatId]) -> bool:
        """Between places of one group sits nobody but companions of theirs."""
        first, last = places[0], places[-1]
        own = {seat.id for seat in places}
        span = [self.at.get((first.row, column)) for column in range(first.column, last.column + 1)]
        return first.row == last.row and all(
            seat is not None and (seat.id in own or (seat.id in ids and self.place.get(seat.id) in own))
            for seat in span
        )

    def strands(self, choice: Choice) -> bool:
        if self.wish.accessible:
            return False
        left = self.picture - {seat.id for seat in choice}
        return any(
            other.id in left and not any(next_one.id in left for next_one in self.beside(other))
            for seat in choice
            if seat.id not in self.tables
            for other in self.beside(seat)
        )

    def cost(self, choice: Iterable[PlannedSeat]) -> float:
        return fsum(self.far[seat.id] for seat in choice)


@st.composite
def halls(draw: st.DrawFn) -> tuple[Layout, frozenset[SeatId]]:
    """Rows with accessible places and companions' seats, be they beside or elsewhere, and whole tables."""
    rows, columns = draw(st.sampled_from([(1, 9), (2, 6), (3, 4)]))
    layout = with_ids(lay_out_grid([GridSection("A", rows, columns)]), new_id=MemoryIds().new, price_minor=1000)
    kinds = [draw(st.sampled_from("..aaccTTU")) for _ in layout.seats]
    places = [seat.guid for seat, kind in zip(layout.seats, kinds, strict=True) if kind == "a"]
    seats: list[PlannedSeat] = []
    free: set[SeatId] = set()
    for seat, kind in zip(layout.seats, kinds, strict=True):
        changed = replace(seat, price_minor=draw(st.sampled_from([1000, 1000, 1000, 2000])))
        if kind == "a":
            changed = replace(changed, attributes={ACCESSIBLE: YES})
        elif kind == "c" and places:
            changed = replace(changed, attributes={COMPANION: YES, COMPANION_OF: draw(st.sampled_from(places))})
        elif kind in WHOLE:
            changed = replace(changed, table=WHOLE[kind], attributes={ACCESSIBLE: YES} if draw(_RARELY) else {})
        if draw(st.integers(0, 5)):
            free.add(seat.id)
        seats.append(changed)
    return replace(layout, seats=tuple(seats)), frozenset(free)


_RARELY = st.sampled_from([False] * 9 + [True])
_SHARED = {"price_max": st.sampled_from([None, None, DEAR]), "allow_split": st.booleans()}

ordinary_wishes = st.builds(SeatWish, quantity=st.integers(1, 6), **_SHARED)
companies = st.builds(
    SeatWish, quantity=st.integers(1, 4), companions=st.integers(1, 3), accessible=st.just(True), **_SHARED
)


@settings(max_examples=120, deadline=None)
@given(
    case=halls(),
    wish=ordinary_wishes | companies,
    released=st.booleans(),
    among=st.integers(1, 9),
    draw=st.integers(0, 99),
)
def test_no_choice_is_better_than_the_one_that_is_made(
    case: tuple[Layout, frozenset[SeatId]], wish: SeatWish, released: bool, among: int, draw: int
) -> None:
    layout, free = case
    masks, oracle = masks_of(layout), Oracle(layout, free, wish, released=released)
    picture = mask_of(masks.bits_for(free))
    best = choose(masks, picture, wish, released=released)
    drawn = choose(masks, picture, wish, among=among, draw=draw, released=released)
    assert choose(masks, picture, wish, among=among, draw=draw, released=released) == drawn
    choices = [tuple(sorted(choice, key=lambda seat: (seat.row, seat.column))) for choice in oracle.choices()]
    fewest = min(map(oracle.groups, choices), default=0)
    if not choices or (fewest > 1 and not wish.allow_split):
        assert best is None and drawn is None
        return
    assert best is not None and drawn is not None
    equals = [choice for choice in choices if oracle.groups(choice) == fewest]
    good = [choice for choice in equals if not oracle.strands(choice)] or equals
    assert best in good and drawn in good
    if fewest == 1 or wish.companions:
        assert oracle.cost(best) == pytest.approx(min(map(oracle.cost, good)), abs=1e-3)
    beside, words = explain(masks, [seat.id for seat in best], companions=wish.companions)
    assert beside == (" groups, " not in words)
    if not wish.companions:
        assert beside == (fewest == 1)


def test_the_nearest_groups_of_each_size_are_enough_to_find_the_best_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(7)
    for _ in range(40):
        marks: dict[str, str] = {}
        for row in range(1, 7):
            for column in range(1, 21):
                mark = dice.choice(["a", "c", "c", "", ""])
                before = [label for label, known in marks.items() if known == "a"][-3:]
                if mark != "c" or before:
                    marks[f"R{row}S{column}"] = mark if mark != "c" else f"c{dice.choice(before)}"
        masks = masks_of(a_layout(6, 20, **marks))
        free = mask_of([bit for bit, seat in enumerate(masks.seats) if seat is not None and dice.random() < 0.6])
        size = {"places": dice.randint(2, 6), "companions": dice.randint(1, 5)}
        found = parties.parties(masks, free, **size, allow_split=True, among=8)
        with monkeypatch.context() as context:
            context.setattr(parties._Search, "_worth_trying", lambda search, _: search.every())
            assert found == parties.parties(masks, free, **size, allow_split=True, among=8)

"""Other seats that are as good: found whenever there are some, and never worse, proved in halls of a few seats."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.clock import MemoryClock, MemoryIds
from core.seating.allotments import Allotment, Allotments
from core.seating.as_good import as_good_as
from core.seating.attributes import COMPANION_OF, HEARING_LOOP, RESTRICTED_VIEW, YES
from core.seating.catalogue import Catalogue
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall_masks import mask_of, side_by_side
from core.seating.layout import Layout, with_ids
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, PlannedSeat
from core.seating.price_tiers import PriceChange, PriceTier
from core.shared.ids import AllotmentId, PriceTierId, SeatId
from core.shared.money import Money
from tests.seating_world import a_plan

NOW = MemoryClock().now()
DEAR, CHEAP = (PriceTierId(UUID(int=number)) for number in (1, 2))
PRICES = {None: 7500, DEAR: 9000, CHEAP: 4000}


class Hall:
    """Sections of rows, whose seats can be told by section and label, such as `A R1S2`."""

    def __init__(self, *sections: GridSection) -> None:
        layout = with_ids(lay_out_grid(sections), new_id=MemoryIds().new, price_minor=7500)
        names = {section.id: section.name for section in layout.sections}
        self.names = {seat.id: f"{names[seat.section_id]} {seat.label}" for seat in layout.seats}
        self.ids = {name: seat_id for seat_id, name in self.names.items()}
        self.layout = layout
        self.kept = Allotments()
        self.tiers: tuple[PriceTier, ...] = ()

    def change(self, *names: str, **changes: Any) -> None:
        seats = [replace(seat, **changes) if self.names[seat.id] in names else seat for seat in self.layout.seats]
        self.layout = Layout(self.layout.sections, tuple(seats))

    def keep(self, number: int, *names: str, until_s: int | None = None) -> None:
        releases_at = NOW + timedelta(seconds=until_s) if until_s is not None else None
        ids = tuple(self.ids[name] for name in names)
        new = Allotment(id=AllotmentId(UUID(int=number)), name=str(number), seat_ids=ids, releases_at=releases_at)
        self.kept = Allotments((*self.kept.each, new))

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue.of(a_plan()[0], self.layout, self.tiers, self.kept).priced_for(NOW)

    def instead_of(self, *old: str, taken: Iterable[str] = ()) -> dict[str, str] | None:
        """Return what stands in for these seats, which are taken like those that are named; by names."""
        gone = {*old, *taken}
        return self.given(old, [name for name in self.ids if name not in gone])

    def given(self, old: Sequence[str], free: Iterable[str]) -> dict[str, str] | None:
        catalogue = self.catalogue
        bits = mask_of(catalogue.masks.bits_for([self.ids[name] for name in free]))
        found = as_good_as([self.ids[name] for name in old], bits, catalogue, now=NOW)
        return None if found is None else {self.names[was]: self.names[instead] for was, instead in found.items()}

    def chosen(self, *old: str, taken: Iterable[str] = ()) -> set[str] | None:
        found = self.instead_of(*old, taken=taken)
        return None if found is None else set(found.values())


def test_seats_side_by_side_are_replaced_by_the_best_side_by_side_in_the_same_section() -> None:
    hall = Hall(GridSection("A", 3, 9), GridSection("B", 3, 9))
    assert hall.chosen("B R2S1", "B R2S2") == {"B R1S4", "B R1S5"}
    assert hall.chosen("A R1S5") == {"A R1S4"}


def test_another_section_is_taken_only_where_their_own_has_no_room() -> None:
    hall = Hall(GridSection("A", 1, 4), GridSection("B", 1, 4))
    assert hall.chosen("B R1S1", "B R1S2") == {"B R1S3", "B R1S4"}
    assert hall.chosen("B R1S1", "B R1S2", taken=["B R1S3"]) == {"A R1S1", "A R1S2"}
    assert hall.chosen("B R1S1", "B R1S2", taken=["B R1S3", "A R1S2", "A R1S4"]) is None


def test_groups_that_sat_apart_may_sit_apart_and_each_stays_together() -> None:
    hall = Hall(GridSection("A", 2, 5))
    old = ("A R1S1", "A R1S2", "A R1S4", "A R1S5")
    assert hall.instead_of(*old, taken=["A R2S3"]) is not None
    assert hall.instead_of(*old, taken=["A R2S2"]) is None


def test_the_search_goes_back_where_the_best_place_of_one_group_leaves_none_for_the_other() -> None:
    hall = Hall(GridSection("A", 2, 5))
    old = ("A R1S1", "A R1S2", "A R1S4", "A R1S5")
    assert hall.chosen(*old, taken=["A R2S5"]) == {"A R2S1", "A R2S2", "A R2S3", "A R2S4"}


def test_seats_of_their_own_that_are_free_after_all_are_the_answer() -> None:
    hall = Hall(GridSection("A", 2, 5))
    old = ["A R2S1", "A R2S5"]
    assert hall.given(old, hall.ids) == {name: name for name in old}


def test_some_of_their_own_seats_may_be_among_the_new_ones() -> None:
    hall = Hall(GridSection("A", 1, 3))
    assert hall.given(["A R1S1", "A R1S2"], ["A R1S2", "A R1S3"]) == {"A R1S1": "A R1S2", "A R1S2": "A R1S3"}


def test_a_tier_of_its_own_is_as_little_as_good_as_another_price() -> None:
    hall = Hall(GridSection("A", 1, 6))
    hall.change("A R1S3", "A R1S4", price_tier_id=CHEAP, price_minor=4000)
    hall.change("A R1S5", price_tier_id=DEAR, price_minor=7500)
    assert hall.chosen("A R1S1") == {"A R1S2"}
    assert hall.chosen("A R1S1", taken=["A R1S2"]) == {"A R1S6"}
    assert hall.chosen("A R1S1", taken=["A R1S2", "A R1S6"]) is None
    assert hall.chosen("A R1S3") == {"A R1S4"}


def test_prices_are_those_of_the_moment_and_a_change_of_the_tier_touches_all_its_seats_alike() -> None:
    hall = Hall(GridSection("A", 1, 4))
    hall.change("A R1S1", "A R1S2", price_tier_id=DEAR, price_minor=9000)
    change = PriceChange(NOW - timedelta(days=1), Money(7500, "EUR"))
    hall.tiers = (PriceTier(DEAR, "Dear", Money(9000, "EUR"), (change,)),)
    assert hall.chosen("A R1S1") == {"A R1S2"}
    assert hall.chosen("A R1S1", taken=["A R1S2"]) is None


def test_kept_seats_only_stand_in_for_seats_that_were_kept_for_the_same_channel() -> None:
    hall = Hall(GridSection("A", 1, 5))
    hall.keep(1, "A R1S1", "A R1S2")
    hall.keep(2, "A R1S3")
    assert hall.chosen("A R1S4", taken=["A R1S5"]) is None
    assert hall.chosen("A R1S1", taken=["A R1S4", "A R1S5"]) == {"A R1S2"}
    assert hall.chosen("A R1S1", taken=["A R1S2", "A R1S5"]) == {"A R1S4"}
    hall.keep(3, "A R1S5", until_s=0)
    assert hall.chosen("A R1S4") == {"A R1S5"}


def test_accessible_places_and_others_never_stand_in_for_each_other() -> None:
    hall = Hall(GridSection("A", 1, 4))
    hall.change("A R1S1", "A R1S2", attributes={ACCESSIBLE: YES})
    assert hall.chosen("A R1S3", taken=["A R1S4"]) is None
    assert hall.chosen("A R1S1", taken=["A R1S2"]) is None
    assert hall.chosen("A R1S1") == {"A R1S2"}


def test_a_wheelchair_place_and_its_companion_go_together_to_another_such_pair() -> None:
    hall = Hall(GridSection("A", 2, 5))
    guids = {hall.names[seat.id]: seat.guid for seat in hall.layout.seats}
    hall.change("A R1S1", "A R1S5", "A R2S1", attributes={ACCESSIBLE: YES})
    for companion, place in (("A R1S2", "A R1S1"), ("A R1S4", "A R1S5"), ("A R2S2", "A R1S5")):
        hall.change(companion, attributes={COMPANION_OF: guids[place]})
    assert hall.instead_of("A R1S1", "A R1S2") == {"A R1S1": "A R1S5", "A R1S2": "A R1S4"}
    assert hall.instead_of("A R1S1", "A R1S2", taken=["A R1S4"]) is None, "the pair beside each other belongs to nobody"
    assert hall.chosen("A R1S3", taken=["A R2S3", "A R2S4", "A R2S5"]) is None


def test_a_whole_table_is_replaced_by_a_whole_table() -> None:
    hall = Hall(GridSection("A", 2, 4))
    for name, seats in (("T1", (1, 2)), ("T2", (3, 4))):
        hall.change(*(f"A R1S{n}" for n in seats), table=Table(name, TableSale.WHOLE))
    hall.change("A R2S1", "A R2S2", "A R2S3", table=Table("T3", TableSale.WHOLE))
    assert hall.chosen("A R1S1", "A R1S2") == {"A R1S3", "A R1S4"}
    assert hall.chosen("A R1S1", "A R1S2", taken=["A R1S3"]) is None
    assert hall.chosen("A R2S4") is None


def test_nobody_is_given_a_restricted_view_or_loses_a_hearing_loop() -> None:
    hall = Hall(GridSection("A", 1, 4))
    hall.change("A R1S1", attributes={RESTRICTED_VIEW: YES})
    hall.change("A R1S2", attributes={HEARING_LOOP: YES})
    assert hall.chosen("A R1S3", taken=["A R1S2", "A R1S4"]) is None
    assert hall.chosen("A R1S2") is None
    assert hall.chosen("A R1S1", taken=["A R1S3", "A R1S4"]) == {"A R1S2"}


def test_the_largest_group_is_placed_first() -> None:
    hall = Hall(GridSection("A", 2, 5))
    found = hall.given(["A R1S5", "A R1S1", "A R1S2"], ["A R2S2", "A R2S3", "A R2S4", "A R2S5"])
    assert found == {"A R1S1": "A R2S2", "A R1S2": "A R2S3", "A R1S5": "A R2S4"}


@pytest.mark.parametrize("section", ["A", "B"])
def test_a_group_of_different_seats_may_be_mirrored(section: str) -> None:
    hall = Hall(GridSection("A", 2, 2), GridSection("B", 2, 2))
    hall.change("A R1S1", f"{section} R2S2", price_minor=4000)
    old = ["A R1S1", "A R1S2"]
    assert hall.given(old, [f"{section} R2S1", f"{section} R2S2"]) == {
        "A R1S1": f"{section} R2S2",
        "A R1S2": f"{section} R2S1",
    }


def test_their_own_section_goes_first_for_a_mirrored_group_too() -> None:
    hall = Hall(GridSection("A", 2, 2), GridSection("B", 2, 2))
    hall.change("B R1S1", "A R2S2", "B R2S2", price_minor=4000)
    found = hall.given(["B R1S1", "B R1S2"], ["A R2S1", "A R2S2", "B R2S1", "B R2S2"])
    assert found == {"B R1S1": "B R2S2", "B R1S2": "B R2S1"}


def test_an_accessible_place_is_the_nearest_one_whoever_sits_alone_beside_it() -> None:
    hall = Hall(GridSection("A", 1, 10))
    hall.change("A R1S1", "A R1S2", "A R1S3", "A R1S5", attributes={ACCESSIBLE: YES})
    assert hall.given(["A R1S1"], [f"A R1S{number}" for number in (2, 3, 4, 5)]) == {"A R1S1": "A R1S5"}


def test_a_seat_that_is_cheaper_by_a_cent_or_of_another_price_in_the_tier_is_another() -> None:
    hall = Hall(GridSection("A", 1, 5))
    hall.change("A R1S2", price_minor=7499)
    hall.change("A R1S3", "A R1S4", price_tier_id=DEAR, price_minor=9000)
    assert hall.given(["A R1S1"], ["A R1S2"]) is None
    assert hall.given(["A R1S3"], ["A R1S4"]) == {"A R1S3": "A R1S4"}
    hall.change("A R1S4", price_minor=8000)
    assert hall.given(["A R1S3"], ["A R1S4"]) is None


def test_a_whole_table_does_not_stand_in_for_seats_of_a_row() -> None:
    hall = Hall(GridSection("A", 2, 2))
    old = ["A R1S1", "A R1S2"]
    assert hall.given(old, ["A R2S1", "A R2S2"]) is not None
    hall.change("A R2S1", "A R2S2", table=Table("T", TableSale.WHOLE))
    assert hall.given(old, ["A R2S1", "A R2S2"]) is None


def test_a_seat_that_the_plan_does_not_have_has_no_other() -> None:
    hall = Hall(GridSection("A", 1, 4))
    catalogue = hall.catalogue
    free = mask_of(catalogue.masks.bits_for(hall.ids.values()))
    assert as_good_as([SeatId(UUID(int=0xDEAD))], free, catalogue, now=NOW) is None


def runs_of(catalogue: Catalogue, seat_ids: Iterable[SeatId]) -> list[list[int]]:
    return side_by_side(sorted(catalogue.masks.bits_for(seat_ids)))


def is_as_good(catalogue: Catalogue, old: Sequence[SeatId], new: Sequence[SeatId]) -> bool:
    """The promise word for word: each pair alike, and neighbours neighbours again."""
    seats = {seat.id: seat for seat in catalogue.seats}

    def alike(was: PlannedSeat, instead: PlannedSeat) -> bool:
        return (was.price_tier_id, was.price_minor, bool(was.attributes.get(ACCESSIBLE))) == (
            instead.price_tier_id,
            instead.price_minor,
            bool(instead.attributes.get(ACCESSIBLE)),
        ) and instead.id not in catalogue.kept

    pairs = dict(zip(old, new, strict=True))
    bits = {seat_id: catalogue.masks.bits_for([seat_id])[0] for seat_id in seats}
    number = {bit: seat_id for seat_id, bit in bits.items()}
    together = all(
        abs(bits[pairs[number[left]]] - bits[pairs[number[right]]]) == 1
        for run in runs_of(catalogue, old)
        for left, right in pairwise(run)
    )
    return together and all(alike(seats[was], seats[instead]) for was, instead in pairs.items())


@st.composite
def halls(draw: st.DrawFn) -> tuple[Hall, list[str], list[str]]:
    """A hall of nine seats in two sections, some of them special; what somebody had, and what is free."""
    hall = Hall(GridSection("A", 1, 5), GridSection("B", 1, 4))
    names = list(hall.ids)
    tiers = draw(st.lists(st.sampled_from([None, None, None, DEAR, CHEAP]), min_size=9, max_size=9))
    for name, tier in zip(names, tiers, strict=True):
        hall.change(name, price_tier_id=tier, price_minor=PRICES[tier])
    hall.change(*draw(st.lists(st.sampled_from(names), max_size=3)), attributes={ACCESSIBLE: YES})
    old = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    others = [name for name in names if name not in old]
    if kept := draw(st.lists(st.sampled_from(others), max_size=2, unique=True)):
        hall.keep(1, *kept)
    free = draw(st.lists(st.sampled_from(names), unique=True, max_size=9))
    return hall, old, free


@settings(max_examples=300, deadline=None)
@given(halls())
def test_seats_are_found_just_when_some_are_as_good_and_then_they_are(case: tuple[Hall, list[str], list[str]]) -> None:
    hall, old, free = case
    catalogue = hall.catalogue
    ids = [hall.ids[name] for name in old]
    free_ids = [hall.ids[name] for name in free]
    found = as_good_as(ids, mask_of(catalogue.masks.bits_for(free_ids)), catalogue, now=NOW)
    if set(ids) <= set(free_ids):
        assert found == {seat_id: seat_id for seat_id in ids}
        return
    possible = any(is_as_good(catalogue, ids, new) for new in permutations(free_ids, len(ids)))
    assert (found is not None) is possible
    if found is not None:
        assert set(found) == set(ids)
        assert set(found.values()) <= set(free_ids)
        assert len(set(found.values())) == len(ids)
        assert is_as_good(catalogue, ids, [found[seat_id] for seat_id in ids])
        assert found == as_good_as(ids, mask_of(catalogue.masks.bits_for(free_ids)), catalogue, now=NOW)


def test_the_search_ends_in_a_hall_that_has_far_too_many_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.seating.as_good.PLACES_TRIED_MAX", 100)
    hall = Hall(GridSection("A", 10, 9))
    old = [f"A R{row}S{column}" for row in range(1, 10) for column in (1, 3, 5, 7, 9)]
    free = [f"A R{row}S{column}" for row in range(1, 9) for column in (2, 4, 6, 8)]
    assert hall.given(old, free) is None


def test_so_many_places_are_tried_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(GridSection("A", 2, 2))
    monkeypatch.setattr("core.seating.as_good.PLACES_TRIED_MAX", 1)
    assert hall.given(["A R1S1"], ["A R2S1"]) == {"A R1S1": "A R2S1"}
    assert hall.given(["A R1S1", "A R2S2"], ["A R1S2", "A R2S1"]) is None

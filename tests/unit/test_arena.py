"""The arena has exactly the seats that were wished for, around its floor, the same ones each time."""

from collections import Counter
from hashlib import blake2b
from itertools import pairwise
from math import hypot

import pytest

from core.seating.arena import PITCH, Arena, lay_out_arena
from core.seating.errors import InvalidPlanError
from core.seating.grid import GaSection
from core.seating.layout import SEATS_MAX, LayoutDraft, SeatDraft, in_natural_order
from core.seating.places import SectionKind


def seats_of(draft: LayoutDraft) -> list[SeatDraft]:
    return [seat for section in draft.sections for seat in section.seats]


@pytest.mark.parametrize("seats", [100, 101, 997, 1_999, 2_000, 12_345, 20_000])
def test_an_arena_has_exactly_its_seats_in_the_order_of_the_hall(seats: int) -> None:
    draft = lay_out_arena(seats)
    assert draft.seats_count == seats == len({seat.guid for seat in seats_of(draft)})
    assert all(section.seats for section in draft.sections)
    assert in_natural_order(draft) == draft
    assert lay_out_arena(seats) == draft


def test_the_largest_arena_is_laid_out() -> None:
    largest = lay_out_arena(SEATS_MAX)
    assert (largest.seats_count, len(largest.sections)) == (SEATS_MAX, 180), "sixty sections a tier at most"


@pytest.mark.parametrize(("seats", "sections"), [(100, 4), (5_000, 2), (5_000, 200), (12_475, 499)])
def test_an_arena_has_exactly_the_sections_that_are_wished_for(seats: int, sections: int) -> None:
    tiers = 1 if sections < 3 else None
    draft = lay_out_arena(Arena(seats=seats, sections=sections, tiers=tiers))
    assert (draft.seats_count, len(draft.sections)) == (seats, sections)
    assert len({section.name for section in draft.sections}) == sections


def test_no_two_seats_stand_in_each_other_and_all_are_around_the_floor() -> None:
    draft = lay_out_arena(5_000)
    assert draft.focus is not None
    for section in draft.sections:
        for left, right in pairwise(section.seats):
            if left.row == right.row:
                assert 0.7 * PITCH < hypot(right.x - left.x, right.y - left.y) < 1.3 * PITCH
    nearest = min(hypot(seat.x - draft.focus.x, seat.y - draft.focus.y) for seat in seats_of(draft))
    assert nearest > 10 * PITCH
    size = draft.drawing["size"]
    assert size == {"width": 2 * draft.focus.x, "height": 2 * draft.focus.y}
    assert all(0 < seat.x < 2 * draft.focus.x and 0 < seat.y < 2 * draft.focus.y for seat in seats_of(draft))


def test_every_accessible_place_has_a_companion_beside_it() -> None:
    draft = lay_out_arena(20_000)
    seats = {seat.guid: seat for seat in seats_of(draft)}
    companions = {seat.attributes["companionOf"]: seat for seat in seats.values() if "companion" in seat.attributes}
    places = [seat for seat in seats.values() if "accessible" in seat.attributes]
    assert len(places) == 200 == len(companions)
    for place in places:
        companion = companions[place.guid]
        assert (companion.row, companion.column) == (place.row, place.column + 1)
    assert len({guid.split("-")[0] for guid in seats if "accessible" in seats[guid].attributes}) > 60


def test_the_ends_of_rows_are_on_the_aisle() -> None:
    section = lay_out_arena(1_000).sections[0]
    for row in {seat.row for seat in section.seats}:
        seats = [seat for seat in section.seats if seat.row == row]
        assert [seat.column for seat in seats if "aisle" in seat.attributes] == [1, len(seats)]


def test_tiers_are_zones_floors_and_categories() -> None:
    draft = lay_out_arena(Arena(seats=9_000, tiers=3))
    zones = {(section.floor, section.zone) for section in draft.sections}
    assert zones == {("Level 1", "Lower tier"), ("Level 2", "Middle tier"), ("Level 3", "Upper tier")}
    counts = Counter(seat.category for seat in seats_of(draft))
    assert set(counts) == {category.name for category in draft.categories}
    assert set(counts) == {"Front rows", "Lower tier", "Middle tier", "Upper tier"}


def test_the_floor_can_be_for_general_admission() -> None:
    draft = lay_out_arena(Arena(seats=1_000, standing=GaSection("Floor", 300)))
    assert (draft.sections[0].name, draft.sections[0].kind, draft.ga_capacity) == ("Floor", SectionKind.GA, 300)
    assert draft.seats_count == 1_000


@pytest.mark.parametrize(
    ("arena", "member"),
    [
        (Arena(seats=99), "seats"),
        (Arena(seats=SEATS_MAX + 1), "seats"),
        (Arena(seats=1_000, sections=41), "sections"),
        (Arena(seats=1_000, sections=1, tiers=2), "sections"),
        (Arena(seats=100_000, sections=500), "sections"),
        (Arena(seats=1_000, tiers=0), "tiers"),
        (Arena(seats=1_000, tiers=4), "tiers"),
        (Arena(seats=1_000, accessible=101), "accessible"),
        (Arena(seats=1_000, accessible=-1), "accessible"),
        (Arena(seats=1_000, standing=GaSection("Floor", 0)), "standing/capacity"),
        (Arena(seats=1_000, standing=GaSection(" ", 1)), "standing/name"),
    ],
)
def test_an_arena_that_cannot_be_is_refused(arena: Arena, member: str) -> None:
    with pytest.raises(InvalidPlanError) as refused:
        lay_out_arena(arena)
    assert [problem.pointer for problem in refused.value.problems] == [f"/source/{member}"]


def test_two_and_three_tiers_begin_at_their_sizes() -> None:
    tiers = {seats: len(lay_out_arena(seats).categories) - 1 for seats in (1_999, 2_000, 11_999, 12_000)}
    assert tiers == {1_999: 1, 2_000: 2, 11_999: 2, 12_000: 3}


@pytest.mark.parametrize(
    ("arena", "digest"),
    [
        (Arena(seats=100), "14889d6ec14dcde2"),
        (Arena(seats=997), "39bb4c14dd6d4fe9"),
        (
            Arena(seats=1_000, sections=7, tiers=3, accessible=20, standing=GaSection("Pit", 500)),
            "cd5a496eb046a9be",
        ),
        (Arena(seats=2_000, sections=12), "a020591fcbcd97e3"),
        (Arena(seats=1_999, tiers=2, accessible=0), "41f3c2ce33d42caf"),
        (Arena(seats=600, sections=2, tiers=1, accessible=60), "d6a594011d7aca33"),
    ],
)
def test_the_same_wish_makes_the_same_arena_in_every_version(arena: Arena, digest: str) -> None:
    assert blake2b(repr(lay_out_arena(arena)).encode(), digest_size=8).hexdigest() == digest


def test_everything_that_is_wrong_with_an_arena_is_told_at_once() -> None:
    with pytest.raises(InvalidPlanError) as refused:
        lay_out_arena(Arena(seats=1_000, tiers=4, standing=GaSection("Floor", 0)), pointer="/x")
    assert refused.value.message == refused.value.problems[0].message
    assert [problem.pointer for problem in refused.value.problems] == ["/x/tiers", "/x/standing/capacity"]

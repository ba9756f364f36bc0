"""Wheelchair places with companions: the nearest companions, the fewest groups, and then the nearest of those."""

from core.seating.parties import parties
from tests.picked_seats import Picked, a_layout, masks_of, needs


def test_of_companions_seats_elsewhere_the_nearest_go_with_a_place() -> None:
    pick = Picked(a_layout(2, 5, R1S1="cR2S3", R1S3="cR2S3", R1S4="cR2S3", R2S3="a"))
    assert pick(needs(1, 1)) == ["R1S3", "R2S3"]
    assert pick(needs(1, 2)) == ["R1S3", "R1S4", "R2S3"]
    assert pick(needs(1, 3)) == ["R1S1", "R1S3", "R1S4", "R2S3"]


def test_companions_count_for_how_near_a_party_is() -> None:
    pick = Picked(a_layout(2, 7, R1S4="a", R2S1="cR1S4", R2S7="cR1S4", R1S5="a", R1S6="cR1S5", R2S5="cR1S5"))
    assert pick(needs(1, 1)) == ["R1S5", "R2S5"]
    assert pick(needs(1, 2)) == ["R1S5", "R1S6", "R2S5"]


def test_a_near_companion_does_not_make_up_for_a_far_place() -> None:
    pick = Picked(a_layout(2, 7, R1S4="a", R2S1="cR1S4", R1S7="a", R1S6="cR1S7"))
    assert pick(needs(1, 1)) == ["R1S4", "R2S1"]


def test_there_is_no_party_where_companions_or_places_are_too_few_however_it_is_split() -> None:
    pick = Picked(a_layout(1, 6, R1S1="a", R1S2="cR1S1", R1S5="a", R1S6="cR1S5"))
    assert pick(needs(2, 2, allow_split=True)) == ["R1S1", "R1S2", "R1S5", "R1S6"]
    assert pick(needs(2, 3, allow_split=True)) is None
    assert pick(needs(3, 2, allow_split=True)) is None


def test_fewer_groups_go_before_nearer_ones() -> None:
    near = {"R1S3": "a", "R1S5": "a", "R1S7": "a", "R1S6": "cR1S5"}
    pick = Picked(a_layout(2, 9, R2S8="a", R2S9="a", **near))
    assert pick(needs(3, 1, allow_split=True)) == ["R1S3", "R1S5", "R1S6", "R1S7"]
    pick.taken = ("R1S7",)
    assert pick(needs(3, 1, allow_split=True)) == ["R1S5", "R1S6", "R2S8", "R2S9"]


def test_a_party_may_have_more_companions_than_places() -> None:
    companions = {"R1S2": "cR1S1", "R2S1": "cR1S1", "R1S4": "cR1S5", "R2S5": "cR1S5"}
    pick = Picked(a_layout(2, 5, R1S1="a", R1S5="a", **companions))
    assert pick(needs(2, 3, allow_split=True)) == ["R1S1", "R1S2", "R1S4", "R1S5", "R2S5"]


def test_a_gap_that_nobody_of_the_party_fills_parts_it_even_if_the_seats_are_free() -> None:
    pick = Picked(a_layout(1, 6, R1S1="a", R1S2="cR1S1", R1S3="cR1S1", R1S4="a", R1S6="cR1S4"))
    assert pick(needs(2, 1)) is None
    assert pick(needs(2, 2)) == ["R1S1", "R1S2", "R1S3", "R1S4"]
    pick.taken = ("R1S2",)
    assert pick(needs(2, 2)) is None
    assert pick(needs(2, 2, allow_split=True)) == ["R1S1", "R1S3", "R1S4", "R1S6"]


def test_no_more_choices_are_given_than_were_asked_for() -> None:
    masks = masks_of(a_layout(1, 4, R1S1="a", R1S2="cR1S1", R1S3="cR1S4", R1S4="a"))
    for among in (1, 2, 3):
        found = parties(
            masks, masks.accessible | masks.companion_seats, places=1, companions=1, allow_split=False, among=among
        )
        assert found == [(1, 2), (3, 4)][:among]

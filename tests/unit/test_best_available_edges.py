"""The best seats where it is close: ties, draws, groups that share a row, and how a choice is told in words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from core.seating import best_available
from core.seating.best_available import SeatWish, best_first, choose, explain, lot
from core.seating.hall_masks import HallMasks, mask_of, windows
from core.seating.layout import Layout
from core.shared.ids import PriceTierId, ReservationId, SectionId
from core.shared.money import Money
from tests.picked_seats import Picked, a_layout, masks_of, needs

CHEAP = Money(1000, "EUR")


def picture_of(layout: Layout, *taken: str) -> tuple[HallMasks, int]:
    masks = masks_of(layout)
    return masks, mask_of(masks.bits_for(seat.id for seat in layout.seats if seat.label not in taken))


def drawn(layout: Layout, wish: SeatWish, *, among: int, draw: int, taken: Sequence[str] = ()) -> list[str]:
    found = choose(*picture_of(layout, *taken), wish, among=among, draw=draw)
    return [seat.label for seat in found or ()]


def told(layout: Layout, *labels: str, companions: int = 0) -> str:
    masks = masks_of(layout)
    return explain(masks, [seat.id for seat in layout.seats if seat.label in labels], companions=companions)[1]


def dearer(layout: Layout, *labels: str) -> Layout:
    seats = [replace(seat, price_minor=1001) if seat.label in labels else seat for seat in layout.seats]
    return replace(layout, seats=tuple(seats))


def test_companions_without_accessible_seats_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\Acompanions' seats go with accessible ones\Z"):
        SeatWish(quantity=1, companions=1)


def test_accessible_seats_are_the_nearest_even_where_they_leave_one_of_them_alone() -> None:
    layout = a_layout(1, 5, **{f"R1S{column}": "a" for column in range(1, 6)})
    assert Picked(layout)(SeatWish(quantity=2, accessible=True)) == ["R1S2", "R1S3"]
    assert Picked(a_layout(1, 5))(SeatWish(quantity=2)) == ["R1S1", "R1S2"]


def test_places_that_strand_nobody_come_first_and_accessible_ones_by_nearness_alone() -> None:
    masks, free = picture_of(a_layout(1, 5))
    places = windows(free, 2)
    firsts = [masks.bits_for(seat.id for seat in masks.seats_at([bit]))[0] for bit in range(1, 5)]
    assert list(best_first(masks, free, places, 2, accessible=False)) == [firsts[0], firsts[3], firsts[1], firsts[2]]
    assert list(best_first(masks, free, places, 2, accessible=True)) == [firsts[1], firsts[2], firsts[0], firsts[3]]


def test_a_table_of_one_is_as_good_as_a_seat_and_is_told_as_a_table() -> None:
    pick = Picked(a_layout(1, 3, R1S2="T"))
    assert pick(SeatWish(quantity=1)) == ["R1S2"]
    assert pick.words == (True, "1 seat in Stalls, table T, as near the middle of the front as there was.")


def test_of_a_table_and_a_place_as_far_away_the_first_in_the_hall_is_taken() -> None:
    assert Picked(a_layout(1, 6, R1S1="T", R1S2="T"), ("R1S3", "R1S4"))(SeatWish(quantity=2)) == ["R1S1", "R1S2"]
    assert Picked(a_layout(1, 6, R1S5="T", R1S6="T"), ("R1S3", "R1S4"))(SeatWish(quantity=2)) == ["R1S1", "R1S2"]
    assert Picked(a_layout(1, 3, R1S1="T"), ("R1S2",))(SeatWish(quantity=1)) == ["R1S1"]


def test_no_table_is_given_to_a_wish_for_accessible_seats_of_its_size() -> None:
    pick = Picked(a_layout(1, 4, R1S1="T", R1S2="T", R1S3="a"))
    for released in (False, True):
        assert pick(SeatWish(quantity=2, accessible=True, allow_split=True), released=released) is None
    assert pick(SeatWish(quantity=2)) == ["R1S1", "R1S2"]


def test_two_groups_in_one_row_strand_the_seat_between_them() -> None:
    layout = dearer(a_layout(2, 5), "R1S3")
    wish = SeatWish(quantity=4, price_max=CHEAP, allow_split=True)
    assert Picked(layout, ("R2S1", "R2S2", "R2S3"))(wish) == ["R1S1", "R1S2", "R2S4", "R2S5"]
    assert Picked(layout, ("R1S3", "R2S1", "R2S2", "R2S3"))(wish) == ["R1S1", "R1S2", "R1S4", "R1S5"]


def test_the_search_for_splits_ends_and_takes_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = dearer(a_layout(2, 5), "R1S3")
    pick = Picked(layout, ("R2S1", "R2S2", "R2S3"))
    monkeypatch.setattr(best_available, "SPLITS_LOOKED_AT_MAX", 1)
    assert pick(SeatWish(quantity=4, price_max=CHEAP, allow_split=True)) == ["R1S1", "R1S2", "R1S4", "R1S5"]


def test_of_splits_with_other_tables_the_nearest_is_taken() -> None:
    wish = SeatWish(quantity=5, allow_split=True)
    assert Picked(a_layout(3, 4, R2S2="T"))(wish) == ["R1S1", "R1S2", "R1S3", "R1S4", "R2S2"]


def test_where_all_splits_strand_somebody_the_nearest_is_taken() -> None:
    pick = Picked(a_layout(1, 8, R1S3="T", R1S8="T"))
    assert pick(SeatWish(quantity=5, allow_split=True)) == ["R1S3", "R1S4", "R1S5", "R1S6", "R1S8"]


def test_a_split_that_seats_one_of_a_party_alone_comes_after_others_whatever_the_tables() -> None:
    pick = Picked(a_layout(3, 4, R3S1="T"), ("R2S1",))
    assert pick(SeatWish(quantity=5, allow_split=True)) == ["R1S1", "R1S2", "R2S2", "R2S3", "R2S4"]


def test_a_split_is_drawn_from_as_many_as_were_asked_for() -> None:
    wish, layout = SeatWish(quantity=6, allow_split=True), a_layout(4, 4)
    best, second = (drawn(layout, wish, among=2, draw=draw) for draw in (0, 1))
    assert best != second
    assert [drawn(layout, wish, among=2, draw=draw) for draw in (2, 3)] == [best, second]
    assert [drawn(layout, wish, among=1, draw=draw) for draw in (0, 1, 2)] == [best] * 3
    mixed = a_layout(4, 4, R4S1="T", R4S2="T")
    assert len({tuple(drawn(mixed, wish, among=2, draw=draw)) for draw in range(4)}) == 2
    assert len({tuple(drawn(mixed, wish, among=1, draw=draw)) for draw in range(4)}) == 1


def test_sections_tiers_and_price_of_a_wish_count_together() -> None:
    layout = a_layout(1, 6)
    tiers = [PriceTierId(UUID(int=number)) for number in (1, 2)]
    other = replace(layout.sections[0], id=SectionId(UUID(int=3)), name="Circle")
    seats = list(layout.seats)
    for number, (section, tier, price_minor) in enumerate(
        [(0, 0, 9), (0, 1, 9), (0, 0, 1), (1, 0, 1), (1, 1, 1), (1, 1, 9)]
    ):
        section_id = (layout.sections[0].id, other.id)[section]
        changes: dict[str, Any] = {"section_id": section_id, "price_tier_id": tiers[tier], "price_minor": price_minor}
        changes["column"] = 2 * number + 1  # nobody has a neighbour who could be left alone
        seats[number] = replace(seats[number], **changes)
    masks, free = picture_of(Layout((*layout.sections, other), tuple(seats)))

    def given(*, price_max: int = 9, sections: Sequence[SectionId] = (), tiers: Sequence[PriceTierId] = ()) -> str:
        wish = SeatWish(
            quantity=1,
            section_ids=frozenset(sections) or None,
            price_tier_ids=frozenset(tiers) or None,
            price_max=Money(price_max, "EUR"),
        )
        found = [choose(masks, free, wish, among=9, draw=draw) for draw in range(6)]
        return "".join(sorted({seat.number for one in found for seat in one or ()}))

    assert given() == "123456"
    assert given(price_max=1) == "345"
    assert given(sections=[other.id]) == "456"
    assert given(sections=[other.id, layout.sections[0].id], tiers=[tiers[0]]) == "134"
    assert given(sections=[other.id], tiers=tiers) == "456"
    assert given(sections=[other.id], tiers=[tiers[1]]) == "56"
    assert given(sections=[other.id], tiers=[tiers[1]], price_max=1) == "5"
    assert given(sections=[other.id], price_max=1) == "45"
    assert given(tiers=[tiers[0]], price_max=1) == "34"


def test_one_of_the_best_is_drawn_and_the_best_where_only_that_is_asked_for() -> None:
    layout = a_layout(1, 6)
    pairs = {number: [f"R1S{number}", f"R1S{number + 1}"] for number in (1, 3, 5)}
    wish = SeatWish(quantity=2)
    assert [drawn(layout, wish, among=3, draw=draw) for draw in range(4)] == [pairs[3], pairs[1], pairs[5], pairs[3]]
    assert [drawn(layout, wish, among=2, draw=draw) for draw in range(3)] == [pairs[3], pairs[1], pairs[3]]
    assert [drawn(layout, wish, among=1, draw=draw) for draw in range(3)] == [pairs[3]] * 3


def test_parties_with_companions_are_drawn_in_the_same_way() -> None:
    layout = a_layout(1, 4, R1S1="a", R1S2="cR1S1", R1S3="cR1S4", R1S4="a")
    left, right = ["R1S1", "R1S2"], ["R1S3", "R1S4"]
    assert [drawn(layout, needs(1, 1), among=2, draw=draw) for draw in range(3)] == [left, right, left]
    assert [drawn(layout, needs(1, 1), among=1, draw=draw) for draw in range(3)] == [left] * 3


def test_a_buyer_draws_the_same_lots_in_every_process() -> None:
    buyer, other = ReservationId(UUID(int=7)), ReservationId(UUID(int=8))
    assert lot(buyer, tries=0) == (1, 0)
    assert lot(buyer, tries=1) == (16, 13774423105683037461)
    assert lot(buyer, tries=3) == (64, 14194354820334079831)
    assert lot(other, tries=3) == (64, 11029818150146612583)


def test_sections_and_tiers_that_the_hall_does_not_have_give_no_seat() -> None:
    pick = Picked(a_layout(1, 2))
    assert pick(SeatWish(quantity=1, section_ids=frozenset({SectionId(UUID(int=0xDEAD))}))) is None
    assert pick(SeatWish(quantity=1, price_tier_ids=frozenset({PriceTierId(UUID(int=0xDEAD))}))) is None


def test_a_choice_is_told_in_words_for_one_and_for_several() -> None:
    near = "as near the middle of the front as there was."
    row = a_layout(1, 6, R1S1="a", R1S2="cR1S1", R1S3="cR1S4", R1S4="a", R1S5="cR1S4")
    assert told(row, "R1S6") == f"1 seat in Stalls, row R1, {near}"
    assert told(row, "R1S5", "R1S6") == f"2 seats side by side in Stalls, row R1, {near}"
    beside = f"side by side in Stalls, row R1, {near}"
    assert told(row, "R1S1", "R1S2", companions=1) == f"1 accessible place with 1 companion's seat {beside}"
    three = "R1S3", "R1S4", "R1S5"
    assert told(row, *three, companions=2) == f"1 accessible place with 2 companions' seats {beside}"
    all_five = *three, "R1S1", "R1S2"
    assert told(row, *all_five, companions=3) == f"2 accessible places with 3 companions' seats {beside}"
    bare = replace(row, seats=tuple(replace(seat, row="") for seat in row.seats))
    assert told(bare, "R1S6") == f"1 seat in Stalls, {near}"


def test_groups_are_told_in_the_order_of_the_hall_be_they_rows_or_tables() -> None:
    layout = a_layout(3, 2, R1S1="T", R2S1="U", R2S2="U")
    parts = "1 in Stalls, table T; 1 in Stalls, row R1; 2 in Stalls, table U; 1 in Stalls, row R3."
    assert told(layout, "R1S1", "R1S2", "R2S1", "R2S2", "R3S1").endswith(f": {parts}")

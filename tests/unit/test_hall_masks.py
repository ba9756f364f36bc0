"""A hall in bits: what is known of nearness, new prices of tiers, and ties between places."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.seating import hall_masks
from core.seating.best_available import SeatWish, choose
from core.seating.hall import Hall
from core.seating.hall_masks import SIZES_MAX, HallMasks, mask_of
from core.seating.layout import Layout
from core.seating.places import Point
from core.shared.ids import PriceTierId
from tests.picked_seats import a_layout, masks_of

TIER, OTHER, UNUSED = (PriceTierId(UUID(int=number)) for number in (1, 2, 3))


def test_nearness_is_remembered_for_so_many_sizes_and_then_begun_anew() -> None:
    masks = masks_of(a_layout(1, 20))
    assert not masks.knows_nearness(1)
    for size in range(1, SIZES_MAX + 1):
        masks.nearness(size)
    assert masks.knows_nearness(1)
    assert masks.nearness(1) is masks.nearness(1)
    masks.nearness(SIZES_MAX + 1)
    assert masks.knows_nearness(SIZES_MAX + 1)
    assert not masks.knows_nearness(1)


def test_windows_are_kept_in_rings_of_about_as_many_and_none_reaches_over_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hall_masks, "RINGS", 4)
    monkeypatch.setattr(hall_masks, "RING_WINDOWS_MIN", 1)
    near = masks_of(a_layout(2, 6)).nearness(2)
    assert len(near.order) == 10
    assert (near.ring_windows, len(near.rings)) == (3, 4)
    assert [ring.bit_count() for ring in near.rings] == [3, 3, 3, 1]
    assert list(near.nearest(sum(near.rings))) == list(near.order)
    monkeypatch.setattr(hall_masks, "RING_WINDOWS_MIN", 8)
    assert [ring.bit_count() for ring in masks_of(a_layout(2, 6)).nearness(2).rings] == [8, 2]


def test_new_prices_of_tiers_are_those_of_all_their_seats_and_a_tier_without_seats_has_none() -> None:
    layout = a_layout(1, 5)
    tiers = {"R1S1": TIER, "R1S2": TIER, "R1S3": OTHER}
    seats = tuple(replace(seat, price_tier_id=tiers.get(seat.label)) for seat in layout.seats)
    masks = masks_of(replace(layout, seats=seats))
    changed = {seat.id: replace(seat, price_minor=700) for seat in seats if seat.price_tier_id}
    new = masks.repriced({TIER: 700, OTHER: 700, UNUSED: 9000}, changed)
    anew = masks_of(replace(layout, seats=tuple(changed.get(seat.id, seat) for seat in seats)))
    assert (list(new.prices), list(new.priced)) == (list(anew.prices), list(anew.priced)) == ([700, 1000], [14, 62])
    assert new.seats_at(range(1, 6)) == anew.seats_at(range(1, 6)) == new.stretch_at(1)[1].seats
    assert [new.up_to(price) for price in (699, 700, 999, 1000)] == [0, 14, 14, 62]
    dearer = masks.repriced({TIER: 2000, OTHER: 2000}, {})
    assert [dearer.up_to(price) for price in (999, 1000, 1999, 2000)] == [0, 48, 48, 62]
    back = new.repriced({TIER: 1000}, {seat.id: seat for seat in seats if seat.price_tier_id == TIER})
    assert [back.up_to(price) for price in (699, 700, 999, 1000)] == [0, 8, 8, 62]


def test_of_groups_as_near_as_each_other_the_first_in_the_hall_is_taken_for_a_split() -> None:
    layout = a_layout(3, 2)
    places = ((3.0, 4.0), (4.0, 3.0)), ((0.0, 4.0), (0.0, 6.0)), ((0.0, 1.0), (1.0, 0.0))
    seats = tuple(
        replace(seat, x=x, y=y)
        for seat, (x, y) in zip(layout.seats, [place for row in places for place in row], strict=True)
    )
    masks = focused(replace(layout, seats=seats), Point(0.0, 0.0))
    found = choose(masks, masks.ordinary, SeatWish(quantity=4, allow_split=True))
    assert found is not None and [seat.label for seat in found] == ["R1S1", "R1S2", "R3S1", "R3S2"]


def focused(layout: Layout, focus: Point) -> HallMasks:
    numbers = {seat.id: number for number, seat in enumerate(layout.seats)}
    return HallMasks.of(Hall.of(layout.sections, layout.seats, focus=focus), numbers)


def test_a_set_of_bits_is_the_number_in_which_they_are_set() -> None:
    assert [mask_of(bits) for bits in ([], [0], [7], [8, 1])] == [0, 1, 128, 258]

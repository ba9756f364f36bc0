"""The search for the best seats gives exactly what a plain one does, that looks at all places and sorts them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import fsum
from uuid import UUID

import pytest

from adapters.memory.clock import MemoryIds
from core.seating.best_available import SPLITS_LOOKED_AT_MAX, SeatWish, choose, explain
from core.seating.grid import SEAT_PITCH, GridSection, lay_out_grid
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks, mask_of
from core.seating.layout import Layout, with_ids
from core.seating.plans import ACCESSIBLE, PlannedSeat, is_accessible
from core.shared.ids import PriceTierId, SeatId
from core.shared.money import Money

TIERS = [PriceTierId(UUID(int=number)) for number in (1, 2, 3)]
WISHES_A_HALL = 6

type Run = tuple[int, int, int]
"""A stretch by its number, and the places in it from the first to before the last."""


@dataclass(frozen=True)
class Plain:
    """The rules as they read: lists of places, all of them, sorted."""

    hall: Hall
    free: frozenset[SeatId]
    wish: SeatWish

    def picture(self, stretch: int) -> list[bool]:
        seats = self.hall.stretches[stretch].seats
        return [seat.id in self.free and is_accessible(seat) == self.wish.accessible for seat in seats]

    def fits(self, seat: PlannedSeat) -> bool:
        wish = self.wish
        return (
            (wish.section_ids is None or seat.section_id in wish.section_ids)
            and (wish.price_tier_ids is None or self.hall.tier_of(seat) in wish.price_tier_ids)
            and (wish.price_max is None or seat.price_minor <= wish.price_max.amount_minor)
        )

    def runs(self) -> list[Run]:
        found: list[Run] = []
        for number, stretch in enumerate(self.hall.stretches):
            wanted = [
                is_free and self.fits(seat) for is_free, seat in zip(self.picture(number), stretch.seats, strict=True)
            ]
            for place, is_wanted in enumerate(wanted):
                if is_wanted and place and wanted[place - 1]:
                    found[-1] = (number, found[-1][1], place + 1)
                elif is_wanted:
                    found.append((number, place, place + 1))
        return found

    def key(self, run: Run) -> tuple[float, int, int]:
        stretch, start, stop = run
        return fsum(self.hall.stretches[stretch].distances[start:stop]) / (stop - start), stretch, start

    def strands(self, split: Sequence[Run]) -> bool:
        if self.wish.accessible:
            return False
        taken = {(stretch, place) for stretch, start, stop in split for place in range(start, stop)}

        def left(stretch: int, place: int) -> bool:
            picture = self.picture(stretch)
            return 0 <= place < len(picture) and picture[place] and (stretch, place) not in taken

        return any(
            left(stretch, place) and not left(stretch, place - 1) and not left(stretch, place + 1)
            for stretch, start, stop in split
            for place in (start - 1, stop)
        )

    def splits(self, runs: Sequence[Run], quantity: int, groups: int) -> Iterator[tuple[Run, ...]]:
        if groups == 0:
            yield ()
            return
        firsts: list[tuple[bool, tuple[float, int, int], Run, Run]] = []
        for run in runs:
            stretch, start, stop = run
            others = sum(sorted((other[2] - other[1] for other in runs if other != run), reverse=True)[: groups - 1])
            for size in range(max(1, quantity - others), min(stop - start, quantity - groups + 1) + 1):
                alone = quantity > 1 and (size == 1 or (groups == 2 and quantity - size == 1))
                for first in range(start, stop - size + 1):
                    block = stretch, first, first + size
                    firsts.append((alone, self.key(block), block, run))
        for _, _, block, run in sorted(firsts, key=lambda first: first[:2]):
            left = [other for other in runs if other != run]
            for more in self.splits(left, quantity - (block[2] - block[1]), groups - 1):
                yield (block, *more)

    def choose(self, *, among: int, draw: int) -> tuple[PlannedSeat, ...] | None:
        quantity, runs = self.wish.quantity, self.runs()
        together = [
            (stretch, first, first + quantity)
            for stretch, start, stop in runs
            for first in range(start, stop - quantity + 1)
        ]
        choices: list[tuple[Run, ...]] = [(block,) for block in sorted(together, key=self.key)]
        if not choices and self.wish.allow_split:
            sizes = sorted((stop - start for _, start, stop in runs), reverse=True)
            groups = next((n for n in range(len(sizes) + 1) if sum(sizes[:n]) >= quantity), None)
            if groups is not None:
                choices = list(islice(self.splits(runs, quantity, groups), SPLITS_LOOKED_AT_MAX))
                if all(self.strands(split) for split in choices):
                    choices = choices[:1]
        if not choices:
            return None
        best = ([choice for choice in choices if not self.strands(choice)] or choices)[:among]
        blocks = sorted(best[draw % len(best)])
        return tuple(seat for number, start, stop in blocks for seat in self.hall.stretches[number].seats[start:stop])


def a_hall(dice: random.Random) -> tuple[Layout, frozenset[SeatId]]:
    """Some sections with an aisle, bent rows, missing and accessible seats, tiers, and seats sold in some pattern."""
    grid = [GridSection(f"S{number}", dice.randint(1, 5), dice.randint(1, 12)) for number in range(dice.randint(1, 3))]
    layout = with_ids(lay_out_grid(grid), new_id=MemoryIds().new, price_minor=1000)
    gaps, accessible = dice.choice([0, 0, 0.1]), dice.choice([0, 0, 0.1, 0.3])
    aisle, bend = dice.randint(1, 24), dice.choice([0, 0, 1 / 900])
    seats: list[PlannedSeat] = []
    for seat in layout.seats:
        if dice.random() < gaps:
            continue
        x = seat.x + (2 * SEAT_PITCH if seat.column > aisle else 0)
        placed = replace(seat, x=x, y=seat.y + bend * (x - 100) ** 2)
        if dice.random() < accessible:
            placed = replace(placed, attributes={ACCESSIBLE: "yes"})
        if dice.random() < 0.2:
            placed = replace(placed, price_tier_id=dice.choice(TIERS[1:]), price_minor=dice.choice([500, 2000, 3000]))
        seats.append(placed)
    seats = seats or list(layout.seats)
    if dice.random() < 0.2:
        seats = [replace(seat, x=0.0, y=0.0) for seat in seats]
    if dice.random() < 0.2:
        dice.shuffle(seats)
    sold, in_blocks = dice.choice([0, 0.1, 0.3, 0.5, 0.7, 0.9]), dice.random() < 0.5
    free: set[SeatId] = set()
    is_free = True
    for seat in seats:
        if not in_blocks or dice.random() < 0.3:
            is_free = dice.random() >= sold
        if is_free:
            free.add(seat.id)
    sections = tuple(replace(section, price_tier_id=dice.choice([None, TIERS[0]])) for section in layout.sections)
    return Layout(sections, tuple(seats)), frozenset(free)


def a_wish(dice: random.Random, layout: Layout) -> SeatWish:
    return SeatWish(
        quantity=dice.choice([1, 2, 2, 3, 4, 5, 6, 8, 10, 15]),
        section_ids=dice.choice([None, None, frozenset({dice.choice(layout.sections).id})]),
        price_tier_ids=dice.choice([None, None, frozenset(dice.sample(TIERS, dice.randint(1, 2)))]),
        price_max=dice.choice([None, None, Money(dice.choice([499, 500, 1000, 2500, 3000]), "EUR")]),
        accessible=dice.random() < 0.15,
        allow_split=dice.random() < 0.7,
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_search_chooses_exactly_what_a_plain_one_does(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        layout, free = a_hall(dice)
        hall = Hall.of(layout.sections, layout.seats)
        masks = HallMasks.of(hall, {seat.id: place for place, seat in enumerate(layout.seats)})
        letters = "".join("A" if seat.id in free else dice.choice("HRSB") for seat in layout.seats)
        picture = masks.free_in(letters)
        assert picture == mask_of(masks.bits_for(free))
        for _ in range(WISHES_A_HALL):
            wish, among, draw = a_wish(dice, layout), dice.choice([1, 1, 3, 16, 200]), dice.randrange(10**6)
            plain = Plain(hall, free, wish).choose(among=among, draw=draw)
            found = choose(masks, picture, wish, among=among, draw=draw)
            assert found == plain, (wish, among, draw)
            if found is not None:
                beside, words = explain(masks, [seat.id for seat in found])
                assert words.startswith(f"{wish.quantity} seat") and beside == (" groups, since" not in words)


def test_a_large_hall_has_its_windows_in_many_rings_and_all_of_them_in_order() -> None:
    layout = with_ids(lay_out_grid([GridSection("Stalls", 60, 40)]), new_id=MemoryIds().new, price_minor=1000)
    hall = Hall.of(layout.sections, layout.seats)
    masks = HallMasks.of(hall, {seat.id: place for place, seat in enumerate(layout.seats)})
    dice = random.Random(1)
    for share in (0.02, 0.5, 1.0):
        free = frozenset(seat.id for seat in layout.seats if dice.random() < share)
        for among in (1, 500, 5000):
            wish, draw = SeatWish(quantity=2), dice.randrange(10**6)
            plain = Plain(hall, free, wish).choose(among=among, draw=draw)
            assert choose(masks, mask_of(masks.bits_for(free)), wish, among=among, draw=draw) == plain
    assert len(masks.nearness(2).rings) > 1


def test_letters_of_another_number_of_seats_are_refused() -> None:
    layout = with_ids(lay_out_grid([GridSection("Stalls", 2, 2)]), new_id=MemoryIds().new, price_minor=1000)
    hall = Hall.of(layout.sections, layout.seats)
    masks = HallMasks.of(hall, {seat.id: place for place, seat in enumerate(layout.seats)})
    with pytest.raises(ValueError, match="3 letters for 4 seats"):
        masks.free_in("AAA")

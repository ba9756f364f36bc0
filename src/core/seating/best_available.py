"""The best seats that are free: together, near the focus of the hall, and without leaving single seats behind."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from math import fsum

from core.seating.hall import Hall, Stretch
from core.seating.orphans import stranded
from core.seating.plans import PlannedSeat, is_accessible
from core.shared.ids import PriceTierId, ReservationId, SeatId, SectionId
from core.shared.money import Money

SPLITS_LOOKED_AT_MAX = 2_000
"""The search for a split that strands nobody ends here, and takes the nearest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatWish:
    """What a buyer wants without naming seats; None means anything will do.

    `price_max` is for one seat, in the plan's currency. A wish for accessible seats is given no others, and no other
    wish is given those.
    """

    quantity: int
    section_ids: frozenset[SectionId] | None = None
    price_tier_ids: frozenset[PriceTierId] | None = None
    price_max: Money | None = None
    accessible: bool = False
    allow_split: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """Places `start` up to `stop` of a stretch."""

    stretch: int
    start: int
    stop: int
    cost: float

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def key(self) -> tuple[float, int, int]:
        """Sort by the mean distance to the focus, and then in the order of the hall."""
        return self.cost / self.size, self.stretch, self.start


@dataclass(frozen=True, slots=True)
class _Run:
    """As many wanted free seats side by side as there are here."""

    stretch: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class _Picture:
    """The stretches, and of each which places are free for this kind of wish."""

    stretches: Sequence[Stretch]
    free: Sequence[Sequence[bool]]
    spares_orphans: bool

    def blocks(self, run: _Run, size: int) -> Iterator[_Block]:
        distances = self.stretches[run.stretch].distances
        for start in range(run.start, run.stop - size + 1):
            yield _Block(run.stretch, start, start + size, fsum(distances[start : start + size]))

    def strands(self, blocks: Iterable[_Block]) -> bool:
        """Tell whether the blocks, taken together, leave a single seat behind."""
        if not self.spares_orphans:
            return False
        chosen: dict[int, Set[int] | range] = {}
        for block in blocks:
            places = range(block.start, block.stop)
            others = chosen.get(block.stretch)
            chosen[block.stretch] = places if others is None else {*others, *places}
        return any(stranded(self.free[stretch], places) for stretch, places in chosen.items())

    def seats(self, blocks: Iterable[_Block]) -> tuple[PlannedSeat, ...]:
        ordered = sorted(blocks, key=lambda block: (block.stretch, block.start))
        return tuple(
            seat for block in ordered for seat in self.stretches[block.stretch].seats[block.start : block.stop]
        )


def choose(
    hall: Hall, free: Set[SeatId], wish: SeatWish, *, among: int = 1, draw: int = 0
) -> tuple[PlannedSeat, ...] | None:
    """Return the best seats for the wish in the order of the hall, or None when there are not enough.

    Seats side by side come first; where there are none, and the wish allows it, as few groups as can be. Of those the
    choices that strand no single seat, and of those the nearest: the smallest sum of distances to the focus, then the
    order of the hall. Accessible seats may be left alone, and no choice of them is avoided for that. The same
    arguments give the same seats. `among` and `draw` take number `draw` of the `among` best choices (modulo how many
    there are), so that buyers who lost a race do not all run for the same seats again.
    """
    picture = _Picture(
        hall.stretches,
        [
            [seat.id in free and is_accessible(seat) == wish.accessible for seat in stretch.seats]
            for stretch in hall.stretches
        ],
        spares_orphans=not wish.accessible,
    )
    runs = _runs(hall, picture, wish)
    if any(run.size >= wish.quantity for run in runs):
        whole = sorted((block for run in runs for block in picture.blocks(run, wish.quantity)), key=lambda b: b.key)
        good = ((block,) for block in whole if not picture.strands((block,)))
        chosen = _drawn(good, among, draw) or _drawn(((block,) for block in whole), among, draw)
    elif wish.allow_split and sum(run.size for run in runs) >= wish.quantity:
        splits = islice(_splits(picture, runs, wish.quantity), SPLITS_LOOKED_AT_MAX)
        nearest: list[tuple[_Block, ...]] = []

        def good_splits() -> Iterator[tuple[_Block, ...]]:
            for split in splits:
                if not nearest:
                    nearest.append(split)
                if not picture.strands(split):
                    yield split

        chosen = _drawn(good_splits(), among, draw) or (nearest[0] if nearest else None)
    else:
        return None
    return picture.seats(chosen) if chosen else None


def lot(reservation_id: ReservationId, *, tries: int) -> tuple[int, int]:
    """Return `among` and `draw` for a buyer who has lost so many races: the same for the same reservation id.

    The first try is for the best seats there are; each that follows draws among twice as many.
    """
    if tries == 0:
        return 1, 0
    digest = blake2b(reservation_id.bytes + tries.to_bytes(4), digest_size=8).digest()
    return 8 * 2**tries, int.from_bytes(digest)


def _drawn(choices: Iterable[tuple[_Block, ...]], among: int, draw: int) -> tuple[_Block, ...] | None:
    best = list(islice(choices, max(among, 1)))
    return best[draw % len(best)] if best else None


def _runs(hall: Hall, picture: _Picture, wish: SeatWish) -> list[_Run]:
    found: list[_Run] = []
    for number, stretch in enumerate(hall.stretches):
        start: int | None = None
        for place, seat in enumerate(stretch.seats):
            if picture.free[number][place] and _fits(hall, seat, wish):
                start = place if start is None else start
            elif start is not None:
                found.append(_Run(number, start, place))
                start = None
        if start is not None:
            found.append(_Run(number, start, len(stretch.seats)))
    return found


def _fits(hall: Hall, seat: PlannedSeat, wish: SeatWish) -> bool:
    return (
        (wish.section_ids is None or seat.section_id in wish.section_ids)
        and (wish.price_tier_ids is None or hall.tier_of(seat) in wish.price_tier_ids)
        and (wish.price_max is None or seat.price_minor <= wish.price_max.amount_minor)
    )


def _splits(picture: _Picture, runs: Sequence[_Run], quantity: int) -> Iterator[tuple[_Block, ...]]:
    """Give every split into as few blocks as can be, near ones first, those that leave somebody alone later."""
    largest_first = tuple(sorted(runs, key=lambda run: (-run.size, run.stretch, run.start)))
    groups, seats = 0, 0
    while seats < quantity:
        seats += largest_first[groups].size
        groups += 1
    return _parts(picture, largest_first, quantity, groups)


def _parts(picture: _Picture, runs: tuple[_Run, ...], quantity: int, groups: int) -> Iterator[tuple[_Block, ...]]:
    """Give every way to seat so many in so many of the runs, which come with the largest first.

    A block is tried only where the others can seat the rest.
    """
    if groups == 0:
        yield ()
        return
    largest = sum(run.size for run in runs[: groups - 1])
    firsts: list[tuple[bool, tuple[float, int, int], _Block, int]] = []
    for place, run in enumerate(runs):
        others = largest if place >= groups - 1 else largest - run.size + runs[groups - 1].size
        if run.size < quantity - others:
            break  # as for all the smaller ones
        for size in range(max(1, quantity - others), min(run.size, quantity - groups + 1) + 1):
            alone = quantity > 1 and (size == 1 or (groups == 2 and quantity - size == 1))
            firsts.extend((alone, block.key, block, place) for block in picture.blocks(run, size))
    for _, _, block, place in sorted(firsts, key=lambda first: first[:2]):
        left = (*runs[:place], *runs[place + 1 :])
        for more in _parts(picture, left, quantity - block.size, groups - 1):
            yield (block, *more)


def explain(hall: Hall, seat_ids: Iterable[SeatId]) -> tuple[bool, str]:
    """Return whether seats that were chosen stand side by side, and say why they were chosen."""
    groups = hall.groups(seat_ids)
    count = sum(len(seats) for _, seats in groups)
    if len(groups) == 1:
        what = "1 seat" if count == 1 else f"{count} seats side by side"
        return True, f"{what} in {_place(groups[0][0])}, as near the middle of the front as there was."
    parts = "; ".join(f"{len(seats)} in {_place(stretch)}" for stretch, seats in groups)
    return False, f"{count} seats in {len(groups)} groups, since no {count} were free side by side: {parts}."


def _place(stretch: Stretch) -> str:
    return f"{stretch.section}, row {stretch.row}" if stretch.row else stretch.section

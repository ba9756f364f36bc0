"""The best seats that are free: together, near the focus of the hall, and without leaving single seats behind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from core.seating.hall_masks import HallMasks, side_by_side, windows
from core.seating.orphans import stranded, stranding
from core.seating.plans import PlannedSeat
from core.seating.splits import Split, splits
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


def choose(
    masks: HallMasks, free: int, wish: SeatWish, *, among: int = 1, draw: int = 0, released: bool = False
) -> tuple[PlannedSeat, ...] | None:
    """Return the best seats for the wish in the order of the hall, or None when there are not enough.

    Seats side by side come first; where there are none, and the wish allows it, as few groups as can be. Of those the
    choices that strand no single seat, and of those the nearest: the smallest sum of distances to the focus, then the
    order of the hall. Accessible seats may be left alone, and no choice of them is avoided for that. Where they are
    `released`, any wish is given them. The same arguments give the same seats. `among` and `draw` take number `draw` of
    the `among` best choices (modulo how many there are), so that buyers who lost a race do not all run for the same
    seats again.
    """
    picture = free & masks.asked_for(accessible=wish.accessible, released=released)
    fitting = picture & _fitting(masks, wish)
    whole = windows(fitting, wish.quantity)
    if whole:
        good = _good(picture, whole, wish.quantity, accessible=wish.accessible)
        nearest = masks.nearness(wish.quantity).nearest(good or whole)
        first = _drawn(nearest, among, draw)
        return None if first is None else masks.seats_at(range(first, first + wish.quantity))
    if not wish.allow_split:
        return None
    split = _split(masks, picture, fitting, wish, among, draw)
    return None if split is None else masks.seats_at(sorted(bit for group in split for bit in group))


def best_first(masks: HallMasks, picture: int, places: int, size: int, *, accessible: bool = False) -> Iterator[int]:
    """Give places for so many side by side, by their first bits: those that strand nobody first, then near ones first.

    `picture` are the seats that strangers could be left alone in. Accessible seats may be left alone.
    """
    good = _good(picture, places, size, accessible=accessible)
    nearness = masks.nearness(size)
    yield from nearness.nearest(good)
    yield from nearness.nearest(places & ~good)


def _good(picture: int, places: int, size: int, *, accessible: bool) -> int:
    return places if accessible else places & ~stranding(picture, size)


def lot(reservation_id: ReservationId, *, tries: int) -> tuple[int, int]:
    """Return `among` and `draw` for a buyer who has lost so many races: the same for the same reservation id.

    The first try is for the best seats there are; each that follows draws among twice as many.
    """
    if tries == 0:
        return 1, 0
    digest = blake2b(reservation_id.bytes + tries.to_bytes(4), digest_size=8).digest()
    return 8 * 2**tries, int.from_bytes(digest)


def _drawn[T](choices: Iterable[T], among: int, draw: int) -> T | None:
    best = list(islice(choices, max(among, 1)))
    return best[draw % len(best)] if best else None


def _fitting(masks: HallMasks, wish: SeatWish) -> int:
    fitting = -1  # every bit is set
    if wish.section_ids is not None:
        fitting &= _any_of(masks.sections, wish.section_ids)
    if wish.price_tier_ids is not None:
        fitting &= _any_of(masks.tiers, wish.price_tier_ids)
    if wish.price_max is not None:
        fitting &= masks.up_to(wish.price_max.amount_minor)
    return fitting


def _any_of[K](masks: Mapping[K, int], keys: Iterable[K]) -> int:
    found = 0
    for key in keys:
        found |= masks.get(key, 0)
    return found


def _split(masks: HallMasks, picture: int, fitting: int, wish: SeatWish, among: int, draw: int) -> Split | None:
    nearest: list[Split] = []
    rows: dict[int, int] = {}

    def strands(split: Split) -> bool:
        chosen: dict[int, int] = {}
        for group in split:
            start, stretch = masks.stretch_at(group.start)
            if start not in rows:
                rows[start] = picture >> start & ((1 << len(stretch.seats)) - 1)
            chosen[start] = chosen.get(start, 0) | ((1 << len(group)) - 1) << group.start - start
        return any(stranded(rows[start], seats) for start, seats in chosen.items())

    def good() -> Iterator[Split]:
        for split in islice(splits(masks, fitting, wish.quantity), SPLITS_LOOKED_AT_MAX):
            if not nearest:
                nearest.append(split)
            if wish.accessible or not strands(split):
                yield split

    return _drawn(good(), among, draw) or (nearest[0] if nearest else None)


def explain(masks: HallMasks, seat_ids: Iterable[SeatId]) -> tuple[bool, str]:
    """Return whether seats that were chosen stand side by side, and say why they were chosen."""
    groups = side_by_side(sorted(masks.bits_for(seat_ids)))
    count = sum(map(len, groups))
    if len(groups) == 1:
        what = "1 seat" if count == 1 else f"{count} seats side by side"
        return True, f"{what} in {_place(masks, groups[0])}, as near the middle of the front as there was."
    parts = "; ".join(f"{len(group)} in {_place(masks, group)}" for group in groups)
    return False, f"{count} seats in {len(groups)} groups, since no {count} were free side by side: {parts}."


def _place(masks: HallMasks, group: list[int]) -> str:
    _, stretch = masks.stretch_at(group[0])
    return f"{stretch.section}, row {stretch.row}" if stretch.row else stretch.section

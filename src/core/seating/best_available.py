"""The best seats that are free: together, near the focus of the hall, and without leaving single seats behind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge
from itertools import islice
from math import fsum

from core.seating.hall_kinds import HallTable
from core.seating.hall_masks import HallMasks, side_by_side, windows
from core.seating.orphans import stranded, stranding
from core.seating.parties import parties
from core.seating.plans import PlannedSeat
from core.seating.splits import Split, run_sizes, splits
from core.seating.tables_offered import mixes, tables_for
from core.shared.ids import PriceTierId, ReservationId, SeatId, SectionId
from core.shared.money import Money

SPLITS_LOOKED_AT_MAX = 2_000
"""The search for a split that strands nobody ends here, and takes the nearest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatWish:
    """What a buyer wants without naming seats; None means anything will do.

    `price_max` is for one seat, in the plan's currency. A wish for accessible seats is given no others, and no other
    wish is given those. Beside `quantity` accessible seats it may want so many seats for `companions`.
    """

    quantity: int
    section_ids: frozenset[SectionId] | None = None
    price_tier_ids: frozenset[PriceTierId] | None = None
    price_max: Money | None = None
    accessible: bool = False
    allow_split: bool = False
    companions: int = 0

    def __post_init__(self) -> None:
        if self.companions and not self.accessible:
            raise ValueError("companions' seats go with accessible ones")

    @property
    def seats_count(self) -> int:
        return self.quantity + self.companions


def choose(
    masks: HallMasks, free: int, wish: SeatWish, *, among: int = 1, draw: int = 0, released: bool = False
) -> tuple[PlannedSeat, ...] | None:
    """Return the best seats for the wish in the order of the hall, or None when there are not enough.

    Seats side by side come first, or a whole table of just as many; where there are none, and the wish allows it, as
    few groups as can be, of which a table is one. A table is given whole or not at all. Of those the choices that
    strand no single seat, and of those the nearest: the smallest sum of distances to the focus, then the order of the
    hall. Accessible seats may be left alone, and no choice of them is avoided for that; `parties` says how companions
    are seated. Where accessible seats are `released`, any wish is given them. The same arguments give the same seats.
    `among` and `draw` take number `draw` of the `among` best choices (modulo how many there are), so that buyers who
    lost a race do not all run for the same seats again; `among` is at least 1.
    """
    wanted = _fitting(masks, wish)
    if wish.companions:
        found = parties(
            masks,
            free & wanted,
            places=wish.quantity,
            companions=wish.companions,
            allow_split=wish.allow_split,
            among=among,
        )
        return masks.seats_at(found[draw % len(found)]) if found else None
    picture = free & masks.asked_for(accessible=wish.accessible, released=released)
    fitting = picture & wanted
    tables = tables_for(masks, free & wanted, quantity=wish.quantity, accessible=wish.accessible, released=released)
    whole = windows(fitting, wish.quantity)
    exact = [table for table in tables if len(table.bits) == wish.quantity]
    chosen: Sequence[int] | None = None
    if whole or exact:
        good = _good(picture, whole, wish.quantity, accessible=wish.accessible)
        chosen = _drawn(_together(masks, good if good or exact else whole, exact, wish.quantity), among, draw)
    elif wish.allow_split:
        chosen = _split(masks, picture, fitting, tables, wish, among, draw)
    return None if chosen is None else masks.seats_at(chosen)


def _together(masks: HallMasks, places: int, tables: Iterable[HallTable], size: int) -> Iterator[Sequence[int]]:
    """Give places for so many side by side, and tables of that size, the nearest first."""
    nearest = masks.nearness(size).nearest(places)
    if not tables:
        yield from (range(first, first + size) for first in nearest)
        return
    in_rows = ((fsum(masks.distances[first : first + size]), range(first, first + size)) for first in nearest)
    at_tables = sorted((table.cost, table.bits) for table in tables)
    yield from (bits for _, bits in merge(in_rows, at_tables, key=_cost_and_first))


def _cost_and_first(choice: tuple[float, Sequence[int]]) -> tuple[float, int]:
    return choice[0], choice[1][0]


def best_first(masks: HallMasks, picture: int, places: int, size: int, *, accessible: bool) -> Iterator[int]:
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
    best = list(islice(choices, among))
    return best[draw % len(best)] if best else None


def _fitting(masks: HallMasks, wish: SeatWish) -> int:
    fitting = -1 if wish.section_ids is None else _any_of(masks.sections, wish.section_ids)  # -1: every bit is set
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


def _split(
    masks: HallMasks,
    picture: int,
    fitting: int,
    tables: Sequence[HallTable],
    wish: SeatWish,
    among: int,
    draw: int,
) -> Sequence[int] | None:
    """Return the bits of a split into as few groups as can be, a table being one.

    Where tables and rows can be mixed in several ways, the nearest splits of each are compared.
    """
    rows: dict[int, int] = {}

    def strands(split: Split) -> bool:
        chosen: dict[int, int] = {}
        for group in split:
            start, stretch = masks.stretch_at(group.start)
            if start not in rows:
                rows[start] = picture >> start & ((1 << len(stretch.seats)) - 1)
            chosen[start] = chosen.get(start, 0) | ((1 << len(group)) - 1) << group.start - start
        return any(stranded(rows[start], seats) for start, seats in chosen.items())

    found = list(mixes(tables, run_sizes(fitting), wish.quantity))
    nearest: list[list[int]] = []

    def good(in_rows: int, at_tables: Sequence[int]) -> Iterator[list[int]]:
        ways = islice(splits(masks, fitting, in_rows), SPLITS_LOOKED_AT_MAX // len(found))
        for number, split in enumerate(ways):
            bits = sorted([*at_tables, *(bit for group in split for bit in group)])
            if number == 0:
                nearest.append(bits)
            if wish.accessible or not strands(split):
                yield bits

    def cost(bits: Sequence[int]) -> tuple[float, Sequence[int]]:
        return fsum(masks.distances[bit] for bit in bits), bits

    if len(found) == 1:
        choices = good(*found[0])
    else:
        choices = iter(sorted((bits for mix in found for bits in islice(good(*mix), among)), key=cost))
    return _drawn(choices, among, draw) or min(nearest, key=cost, default=None)


def explain(masks: HallMasks, seat_ids: Iterable[SeatId], *, companions: int = 0) -> tuple[bool, str]:
    """Return whether seats that were chosen stand side by side, or at one table, and say why they were chosen.

    So many of them were chosen for `companions` of the others.
    """
    chosen = frozenset(masks.bits_for(seat_ids))
    tables = [table for table in masks.tables if chosen.issuperset(table.bits)]
    at_tables = {bit for table in tables for bit in table.bits}
    groups = [(group[0], len(group), _place(masks, group)) for group in side_by_side(sorted(chosen - at_tables))]
    groups += [(table.bits[0], len(table.bits), f"{table.section}, table {table.name}") for table in tables]
    what = "1 seat" if len(chosen) == 1 else f"{len(chosen)} seats"
    if companions:
        places = len(chosen) - companions
        what = "1 accessible place" if places == 1 else f"{places} accessible places"
        what += " with 1 companion's seat" if companions == 1 else f" with {companions} companions' seats"
    if len(groups) == 1:
        how = "" if tables or len(chosen) == 1 else " side by side"
        return True, f"{what}{how} in {groups[0][2]}, as near the middle of the front as there was."
    parts = "; ".join(f"{size} in {place}" for _, size, place in sorted(groups))
    if companions:
        return False, f"{what} in {len(groups)} groups, companions where their places have seats for them: {parts}."
    return False, f"{what} in {len(groups)} groups, since no {len(chosen)} were free side by side: {parts}."


def _place(masks: HallMasks, group: list[int]) -> str:
    _, stretch = masks.stretch_at(group[0])
    return f"{stretch.section}, row {stretch.row}" if stretch.row else stretch.section

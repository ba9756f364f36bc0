"""A hall in bits: a set of seats is one whole number, so that all seats are looked at in a few steps of the machine.

Every seat has a bit. Seats that stand side by side have bits side by side, and before, between and after stretches is a
bit that is never set: whatever is shifted by one stays in its stretch.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum, inf
from typing import Self

from core.seating.hall import Hall, Stretch
from core.seating.hall_kinds import HallTable, Kind, companion_bits, each_once, kind_of
from core.seating.plans import PlannedSeat
from core.seating.tables import WholeTable
from core.shared.ids import PriceTierId, SeatId, SectionId

RINGS = 64
"""All windows of a size are parted into about so many rings round the focus, with as many windows each."""

RING_WINDOWS_MIN = 256

SIZES_MAX = 16
"""For so many sizes is remembered which windows are near; for a hall of 100,000 seats that is 1.2 MB each."""

_FREE = str.maketrans("AHRSB-", "100000")
_SEPARATOR = "-"
_SET = re.compile(rb"[^\0]", re.DOTALL)
_NO_TABLES: Mapping[SeatId, WholeTable] = {}
_NO_COMPANIONS: Mapping[SeatId, SeatId] = {}


@dataclass(frozen=True, slots=True)
class Nearness:
    """The windows of one size, by their first bits: the mean distance to the focus decides, then the hall's order."""

    order: Sequence[int]
    rings: tuple[int, ...]
    ring_windows: int
    bytes_count: int

    def nearest(self, windows: int) -> Iterator[int]:
        """Give the first bits of these windows, the nearest first."""
        for number, ring in enumerate(self.rings):
            here = windows & ring
            if here:
                bits = here.to_bytes(self.bytes_count, "little")
                for first in self.order[number * self.ring_windows : (number + 1) * self.ring_windows]:
                    if bits[first >> 3] >> (first & 7) & 1:
                        yield first


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HallMasks:
    """The seats of a hall by their bits, and the sets of them that wishes ask for.

    `seats` and `distances` have a place for each bit: None and infinity where the bit is no seat's. `prices` are all
    that a seat costs, and `priced` has for each of them the seats that cost no more.

    Seats of `tables` are in none of the three kinds before them. `companions_of` has the bits of the companions' seats
    by that of their wheelchair place.
    """

    seats: Sequence[PlannedSeat | None]
    distances: Sequence[float]
    ordinary: int
    accessible: int
    companion_seats: int
    companions_of: Mapping[int, Sequence[int]]
    tables: Sequence[HallTable]
    sections: Mapping[SectionId, int]
    tiers: Mapping[PriceTierId, int]
    prices: Sequence[int]
    priced: Sequence[int]
    _stretches: Sequence[Stretch]
    _stretch_bits: Sequence[int]
    _places: Mapping[SeatId, int]
    _bits: Sequence[int]
    _slices: Sequence[slice]
    _nearness: dict[int, Nearness] = field(default_factory=dict[int, Nearness], repr=False)

    @classmethod
    def of(
        cls,
        hall: Hall,
        places: Mapping[SeatId, int],
        *,
        tables: Mapping[SeatId, WholeTable] = _NO_TABLES,
        companions: Mapping[SeatId, SeatId] = _NO_COMPANIONS,
    ) -> Self:
        """Number the hall's seats; `places` are their numbers in the order of the hall, from 0.

        `tables` are those that are sold whole, by seat, and `companions` the wheelchair places by companions' seats.
        """
        seats: list[PlannedSeat | None] = [None]
        distances = [inf]
        stretch_bits: list[int] = []
        place_at = [len(places)]
        for stretch in hall.stretches:
            stretch_bits.append(len(seats))
            seats += (*stretch.seats, None)
            distances += (*stretch.distances, inf)
            place_at += (*(places[seat.id] for seat in stretch.seats), len(places))
        bits = array("I", bytes(4 * len(places)))
        kinds: dict[Kind, list[int]] = {kind: [] for kind in Kind}
        sections: dict[SectionId, list[int]] = {}
        tiers: dict[PriceTierId, list[int]] = {}
        prices: dict[int, list[int]] = {}
        for bit, seat in enumerate(seats):
            if seat is not None:
                bits[place_at[bit]] = bit
                kinds[kind_of(seat, tables, companions)].append(bit)
                sections.setdefault(seat.section_id, []).append(bit)
                tier = hall.tier_of(seat)
                if tier is not None:
                    tiers.setdefault(tier, []).append(bit)
                prices.setdefault(seat.price_minor, []).append(bit)
        bit_of = {id: bits[places[id]] for pair in companions.items() for id in pair}
        bit_of |= {id: bits[places[id]] for id in tables}
        return cls(
            seats=seats,
            distances=distances,
            ordinary=mask_of(kinds[Kind.ORDINARY]),
            accessible=mask_of(kinds[Kind.ACCESSIBLE]),
            companion_seats=mask_of(kinds[Kind.COMPANION]),
            companions_of=companion_bits(kinds[Kind.COMPANION], bit_of, seats, companions),
            tables=[
                HallTable.of(
                    table,
                    hall.sections[table.section_id],
                    [bit_of[seat.id] for seat in table.seats],
                    distances,
                    companions,
                )
                for table in each_once(tables)
            ],
            sections={section: mask_of(found) for section, found in sections.items()},
            tiers={tier: mask_of(found) for tier, found in tiers.items()},
            prices=sorted(prices),
            priced=_cumulated({price: mask_of(found) for price, found in prices.items()}),
            _stretches=hall.stretches,
            _stretch_bits=stretch_bits,
            _places=places,
            _bits=bits,
            _slices=_slices(place_at),
        )

    def asked_for(self, *, accessible: bool, released: bool) -> int:
        """Return the seats that a wish is given from; those of tables and companions are given with others only.

        Where accessible seats are `released`, they and the seats of companions are given to any wish.
        """
        if accessible:
            return self.accessible
        return self.ordinary | self.accessible | self.companion_seats if released else self.ordinary

    def repriced(self, prices: Mapping[PriceTierId, int], changed: Mapping[SeatId, PlannedSeat]) -> Self:
        """Return the same hall with these prices of tiers; `changed` are their seats with the new prices.

        Bits stay as they are, and what is known of nearness is still known.
        """
        moved = 0
        for tier in prices:
            moved |= self.tiers.get(tier, 0)
        exact: dict[int, int] = {}
        cheaper = 0
        for price, priced in zip(self.prices, self.priced, strict=True):
            exact[price] = priced & ~cheaper & ~moved
            cheaper = priced
        for tier, price in prices.items():
            exact[price] = exact.get(price, 0) | self.tiers.get(tier, 0)
        exact = {price: found for price, found in exact.items() if found}
        seats = [changed.get(seat.id, seat) if seat is not None else None for seat in self.seats]
        stretches = [
            replace(stretch, seats=tuple(changed.get(seat.id, seat) for seat in stretch.seats))
            for stretch in self._stretches
        ]
        return replace(self, seats=seats, prices=sorted(exact), priced=_cumulated(exact), _stretches=stretches)

    def free_in(self, letters: str) -> int:
        """Return the available seats of a row of letters in the order of the hall, one for each seat."""
        if len(letters) != len(self._bits):
            raise ValueError(f"{len(letters)} letters for {len(self._bits)} seats")
        line = letters + _SEPARATOR
        return int("".join([line[part] for part in self._slices]).translate(_FREE)[::-1], 2)

    def without(self, free: int, seat_ids: Iterable[SeatId]) -> int:
        """Return the free seats but these; ids that the hall does not have change nothing."""
        return free & ~mask_of(self.bits_for(seat_ids))

    def are_in(self, free: int, seat_ids: Iterable[SeatId]) -> bool:
        """Tell whether the hall has all these seats and they are among the free ones."""
        wanted = frozenset(seat_ids)
        bits = self.bits_for(wanted)
        return len(bits) == len(wanted) and not mask_of(bits) & ~free

    def bits_for(self, seat_ids: Iterable[SeatId]) -> list[int]:
        """Return the bits of those seats that the hall has, in the order given."""
        places, bits = self._places, self._bits
        return [bits[places[id]] for id in seat_ids if id in places]

    def up_to(self, price_max_minor: int) -> int:
        """Return the seats that cost no more."""
        number = bisect_right(self.prices, price_max_minor)
        return self.priced[number - 1] if number else 0

    def stretch_at(self, bit: int) -> tuple[int, Stretch]:
        """Return the stretch in which a seat stands, with the bit of the stretch's first seat."""
        number = bisect_right(self._stretch_bits, bit) - 1
        return self._stretch_bits[number], self._stretches[number]

    def seats_at(self, bits: Iterable[int]) -> tuple[PlannedSeat, ...]:
        """Return the seats of these bits in the order given."""
        return tuple(seat for seat in (self.seats[bit] for bit in bits) if seat is not None)

    def knows_nearness(self, size: int) -> bool:
        """Tell whether `nearness` answers at once."""
        return size in self._nearness

    def nearness(self, size: int) -> Nearness:
        """Return which windows of so many seats are near; found once, in some 0.1 s for 100,000 seats."""
        known = self._nearness.get(size)
        if known is None:
            known = self._sorted_windows(size)
            if len(self._nearness) >= SIZES_MAX:
                self._nearness.clear()
            self._nearness[size] = known
        return known

    def _sorted_windows(self, size: int) -> Nearness:
        # The exact sum of the distances, rounded once: places that mirror each other are equally near. A window that
        # would reach over the end of its stretch is infinitely far.
        costs = map(fsum, zip(*(self.distances[step:] for step in range(size)), strict=False))
        means = [cost / size for cost in costs]
        order = array("I", sorted((bit for bit, mean in enumerate(means) if mean < inf), key=means.__getitem__))
        ring_windows = max(RING_WINDOWS_MIN, -(-len(order) // RINGS))
        rings = tuple(mask_of(order[start : start + ring_windows]) for start in range(0, len(order), ring_windows))
        return Nearness(order, rings, ring_windows, len(self.seats) // 8 + 1)


def mask_of(bits: Sequence[int]) -> int:
    """Return the number in which just these bits are set."""
    if not bits:
        return 0
    line = bytearray(max(bits) // 8 + 1)
    for bit in bits:
        line[bit >> 3] |= 1 << (bit & 7)
    return int.from_bytes(line, "little")


def _cumulated(exact: Mapping[int, int]) -> Sequence[int]:
    """Return for each price, the lowest first, the seats that cost it or less."""
    found: list[int] = []
    for price in sorted(exact):
        found.append((found[-1] if found else 0) | exact[price])
    return found


def bits_of(mask: int) -> Iterator[int]:
    """Give the bits that are set, the lowest first."""
    line = mask.to_bytes(mask.bit_length() // 8 + 1, "little")
    for found in _SET.finditer(line):
        byte = line[found.start()]
        yield from (found.start() * 8 + bit for bit in range(8) if byte >> bit & 1)


def side_by_side(bits: Iterable[int]) -> list[list[int]]:
    """Part bits, which come the lowest first, into those that follow each other."""
    groups: list[list[int]] = []
    for bit in bits:
        if groups and groups[-1][-1] == bit - 1:
            groups[-1].append(bit)
        else:
            groups.append([bit])
    return groups


def windows(free: int, size: int) -> int:
    """Return the first bits of all places where so many seats are free side by side; `size` is at least 1."""
    reach = 1
    while reach < size:
        step = min(reach, size - reach)
        free &= free >> step
        reach += step
    return free


def _slices(place_at: Sequence[int]) -> list[slice]:
    """Return what to cut out of a line in the order of the hall, piece after piece, to get the order of bits."""
    found: list[slice] = []
    start = stop = place_at[0]
    for place in place_at:
        if place != stop:
            found.append(slice(start, stop))
            start = place
        stop = place + 1
    return [*found, slice(start, stop)]

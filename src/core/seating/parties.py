"""Wheelchair places with seats for those who come along: seated as one party, or else in as few as can be."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from core.seating.hall_masks import HallMasks, bits_of

SPLITS_DRAWN_FROM_MAX = 8
"""Of so many of the best splits one is drawn at most; each of them is remembered for every rest of the hall."""

_GRAIN = 2**16
"""Distances are added as whole numbers of this part of a unit: exactly, and so in any order."""


class _Group(NamedTuple):
    """Places side by side, with nothing between them but companions' seats of theirs that are taken with them.

    `start` is the number of its first place, `end` that of the first place behind it. `bits` are its seats: those in
    between, and those that stand elsewhere, wherever the plan has them.
    """

    start: int
    end: int
    places: int
    companions: int
    cost: int
    bits: tuple[int, ...]


class _Choice(NamedTuple):
    """Groups, the first in the hall first; they sort by their number, their distance, and the order of the hall."""

    groups: int
    cost: int
    parts: tuple[tuple[int, ...], ...]


_NOBODY = _Choice(0, 0, ())


def parties(
    masks: HallMasks, fitting: int, *, places: int, companions: int, allow_split: bool, among: int
) -> list[tuple[int, ...]]:
    """Return the bits of the `among` best choices of so many places and companions' seats, the best first.

    `fitting` are the seats that may be taken. A companion's seat is taken with its own place only. The places stand
    side by side, with nobody between them who does not belong to them; where that is impossible, and a split is
    allowed, they stand in as few groups as can be. Of those the nearest: the smallest sum of distances to the focus, of
    places and companions alike, then the order of the hall. Nothing better than the first exists.
    """
    search = _Search(masks, fitting, places, companions)
    together = [group for group in search.every() if (group.places, group.companions) == (places, companions)]
    if together:
        return [group.bits for group in nsmallest(among, together, key=lambda group: (group.cost, group.bits))]
    if not allow_split:
        return []
    best = search.splits(min(among, SPLITS_DRAWN_FROM_MAX))
    return [tuple(sorted(bit for part in choice.parts for bit in part)) for choice in best]


class _Search:
    def __init__(self, masks: HallMasks, fitting: int, places: int, companions: int) -> None:
        self._usable = fitting & (masks.accessible | masks.companion_seats)
        self._masks = masks
        self._places = places
        self._companions = companions
        self._bits = list(bits_of(self._usable & masks.accessible))
        self._own: Mapping[int, Sequence[int]] = {
            bit: [own for own in masks.companions_of.get(bit, ()) if self._usable >> own & 1] for bit in self._bits
        }

    def every(self) -> Iterator[_Group]:
        for start in range(len(self._bits)):
            yield from self._groups(start)

    def _groups(self, start: int) -> Iterator[_Group]:
        """Give every group whose first place is that of this number."""
        between: set[int] = set()
        for end in range(start + 1, min(start + self._places, len(self._bits)) + 1):
            first, last = self._bits[start], self._bits[end - 1]
            if end > start + 1:
                gap = range(self._bits[end - 2] + 1, last)
                if len(between) + len(gap) > self._companions:
                    return
                between.update(gap)
            own = {bit for place in self._bits[start:end] for bit in self._own[place]}
            if between <= own:
                yield from self._with_companions(range(first, last + 1), start, end, len(between), own - between)

    def _with_companions(
        self, span: range, start: int, end: int, between: int, elsewhere: Iterable[int]
    ) -> Iterator[_Group]:
        """Give the group as it is, then with one companion more from elsewhere each time, nearest first."""
        more = sorted(elsewhere, key=lambda bit: (self._far(bit), bit))
        cost = sum(map(self._far, span))
        bits = tuple(span)
        yield _Group(start, end, end - start, between, cost, bits)
        for number, bit in enumerate(more, start=between + 1):
            cost += self._far(bit)
            bits = tuple(sorted((*bits, bit)))
            yield _Group(start, end, end - start, number, cost, bits)

    def _far(self, bit: int) -> int:
        return round(self._masks.distances[bit] * _GRAIN)

    def splits(self, count: int) -> list[_Choice]:
        """Return so many of the best choices of as few groups as can be: from behind, what the rest of the hall has."""
        starts: dict[int, list[_Group]] = {}
        for group in self._worth_trying(count):
            starts.setdefault(group.start, []).append(group)
        places = sorted(starts)
        nothing = {(0, 0): [_NOBODY]}
        behind = [nothing]  # the rest from each of these places on, the last place first
        for start in reversed(places):
            found = {sizes: list(choices) for sizes, choices in behind[-1].items()}
            for group in starts[start]:
                rest_of_hall = behind[len(places) - bisect_left(places, group.end)]
                for (some, companions), rests in rest_of_hall.items():
                    sizes = some + group.places, companions + group.companions
                    if sizes[0] <= self._places and sizes[1] <= self._companions:
                        found.setdefault(sizes, []).extend(
                            _Choice(rest.groups + 1, rest.cost + group.cost, (group.bits, *rest.parts))
                            for rest in rests
                        )
            behind.append({sizes: nsmallest(count, choices) for sizes, choices in found.items()})
        best = behind[-1].get((self._places, self._companions), [])
        return [choice for choice in best if choice.groups == best[0].groups]

    def _worth_trying(self, count: int) -> Iterator[_Group]:
        """Give the groups that one of so many best choices may have, which in a large hall are few.

        Of groups of one size the nearest will do: the other groups of a choice, which come to fewer than all places,
        can each stand in the way of no more of these than have a place in common with it.
        """
        sizes: dict[tuple[int, int], list[_Group]] = {}
        for group in self.every():
            sizes.setdefault((group.places, group.companions), []).append(group)
        for (places, _), groups in sizes.items():
            yield from nsmallest(self._places * places + count, groups, key=lambda group: (group.cost, group.bits))

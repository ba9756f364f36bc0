"""Parties that do not find room together: seated in as few groups as can be, the nearest ones first."""

import re
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush, merge
from itertools import count
from math import fsum
from typing import NamedTuple

from core.seating.hall_masks import HallMasks

_ROUNDING = 1 - 1e-9
"""A mean of distances may be rounded below the smallest of them, though never by as much as this."""

type Split = tuple[range, ...]
"""Groups of seats side by side, each as a range of bits."""


class _Group(NamedTuple):
    """Seats side by side in a run; they sort by their mean distance to the focus, and then in the order of the hall."""

    mean: float
    first: int
    size: int
    run: range

    @property
    def bits(self) -> range:
        return range(self.first, self.first + self.size)


class _Nearby:
    """The groups of one size, nearest first, found as far as somebody asks for them and kept."""

    def __init__(self, groups: Iterator[_Group]) -> None:
        self._found: list[_Group] = []
        self._groups = groups

    def __iter__(self) -> Iterator[_Group]:
        for place in count():
            if place == len(self._found):
                group = next(self._groups, None)
                if group is None:
                    return
                self._found.append(group)
            yield self._found[place]


class _Search:
    """The runs of free seats of one wish: as many side by side as there are."""

    def __init__(self, masks: HallMasks, fitting: int) -> None:
        self._distances = masks.distances
        found = [range(*run.span()) for run in re.finditer("1+", f"{fitting:b}"[::-1])]
        nearest = [min(self._distances[run.start : run.stop]) for run in found]
        self._by_nearest = sorted(zip(nearest, found, strict=True), key=lambda pair: pair[0])
        self._nearby: dict[int, _Nearby] = {}
        self.sizes = sorted((len(run) for run in found), reverse=True)

    def nearby(self, size: int) -> _Nearby:
        known = self._nearby.get(size)
        if known is None:
            known = self._nearby[size] = _Nearby(self._groups(size))
        return known

    def _groups(self, size: int) -> Iterator[_Group]:
        """Look at run after run, and give a group as soon as no run to come can have a nearer one."""
        waiting: list[_Group] = []
        for nearest, run in self._by_nearest:
            if len(run) < size:
                continue
            while waiting and waiting[0].mean < nearest * _ROUNDING:
                yield heappop(waiting)
            for first in range(run.start, run.stop - size + 1):
                heappush(waiting, _Group(fsum(self._distances[first : first + size]) / size, first, size, run))
        while waiting:
            yield heappop(waiting)

    def parts(self, quantity: int, largest: Sequence[int], used: frozenset[int]) -> Iterator[tuple[_Group, ...]]:
        """Give every way to seat so many in as many runs as there are in `largest`.

        Those are the sizes of the largest runs, the largest first, without the runs that begin at `used`. A group is
        tried only where the others can seat the rest.
        """
        if not largest:
            yield ()
            return
        others = sum(largest[:-1])

        def fits(group: _Group) -> bool:
            over = max(len(group.run) - largest[-1], 0)  # by which the other runs are smaller, if this one is taken
            return group.run.start not in used and group.size >= quantity - others + over

        sizes = range(max(1, quantity - others), min(largest[0], quantity - len(largest) + 1) + 1)
        for group in self._nearest(sizes, fits, lambda size: _leaves_alone(size, quantity, len(largest))):
            left = list(largest)
            left.remove(max(len(group.run), largest[-1]))
            for more in self.parts(quantity - group.size, left, used | {group.run.start}):
                yield (group, *more)

    def _nearest(
        self, sizes: range, fits: Callable[[_Group], bool], leaves_alone: Callable[[int], bool]
    ) -> Iterator[_Group]:
        """Give groups of these sizes, near ones first, those that leave somebody alone later."""
        for alone in (False, True):
            yield from merge(*(filter(fits, self.nearby(size)) for size in sizes if leaves_alone(size) is alone))


def _leaves_alone(size: int, quantity: int, groups: int) -> bool:
    return size == 1 or (groups == 2 and quantity - size == 1)


def run_sizes(fitting: int) -> list[int]:
    """Return how many seats stand side by side in each run of those that may be taken."""
    return [len(run) for run in re.findall("1+", f"{fitting:b}")]


def splits(masks: HallMasks, fitting: int, quantity: int) -> Iterator[Split]:
    """Give every split into as few groups as can be, near ones first; none where there are not enough seats.

    `fitting` are the seats that may be taken.
    """
    if fitting.bit_count() < quantity:
        return
    search = _Search(masks, fitting)
    groups, seats = 0, 0
    while seats < quantity:
        seats += search.sizes[groups]
        groups += 1
    for parts in search.parts(quantity, search.sizes[:groups], frozenset()):
        yield tuple(part.bits for part in parts)

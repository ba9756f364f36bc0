"""A plan as a hall of rows: who sits beside whom, and how far each seat is from where everybody looks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, inf
from operator import attrgetter
from typing import Self

from core.seating.places import Point
from core.seating.plans import PlannedSeat, Section
from core.shared.ids import PriceTierId, SeatId, SectionId

AISLE_FACTOR = 1.75
"""Neighbours that stand this many times further apart than is usual in their section have an aisle between them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seats of one row that stand side by side with nothing between them, by column; `distances` are to the focus."""

    section: str
    row: str
    seats: tuple[PlannedSeat, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Hall:
    """The stretches of a plan, in the order of the hall, with the tiers and the names of its sections.

    The focus is the plan's own, else the middle of the top edge of all seats, since drawings put the stage at the top.
    A plan without coordinates is looked at as rows, the first in front, whose middles stand behind each other.
    """

    stretches: tuple[Stretch, ...]
    tiers: dict[SectionId, PriceTierId | None]
    sections: dict[SectionId, str]

    @classmethod
    def of(cls, sections: Iterable[Section], seats: Sequence[PlannedSeat], *, focus: Point | None = None) -> Self:
        """Return the hall; the seats must come in the order of the hall, or have their positions.

        Seats are neighbours when their columns follow each other in one row and no aisle is between them. Two rows of
        one section that bear the same name are kept apart, as long as their seats come row by row.
        """
        named = {section.id: section for section in sections}
        rows: dict[tuple[SectionId, str, int], list[PlannedSeat]] = {}
        seen: Counter[tuple[SectionId, str, int]] = Counter()
        for seat in sorted(seats, key=lambda seat: seat.position or 0):
            place = (seat.section_id, seat.row, seat.column)
            rows.setdefault((seat.section_id, seat.row, seen[place]), []).append(seat)
            seen[place] += 1
        ordered = [sorted(row, key=attrgetter("column")) for row in rows.values()]
        pitches = _pitches(ordered)
        distances = _distances(ordered, focus)
        stretches = tuple(
            Stretch(
                named[stretch[0].section_id].name,
                stretch[0].row,
                tuple(stretch),
                tuple(distances[seat.id] for seat in stretch),
            )
            for row in ordered
            for stretch in _parted(row, pitches.get(row[0].section_id, inf))
        )
        return cls(
            stretches,
            {section.id: section.price_tier_id for section in named.values()},
            {section.id: section.name for section in named.values()},
        )

    def tier_of(self, seat: PlannedSeat) -> PriceTierId | None:
        """Return the tier that prices the seat: its own, or that of its section."""
        return seat.price_tier_id or self.tiers.get(seat.section_id)


def _pitches(rows: Iterable[Sequence[PlannedSeat]]) -> dict[SectionId, float]:
    """Return how far apart neighbours usually stand, by section; sections without coordinates are left out.

    That is the lower quartile, so that short rows with an aisle in each do not pass the aisle off as usual.
    """
    gaps: dict[SectionId, list[float]] = {}
    for row in rows:
        for left, right in pairwise(row):
            gap = hypot(right.x - left.x, right.y - left.y)
            if right.column == left.column + 1 and gap > 0:
                gaps.setdefault(left.section_id, []).append(gap)
    return {section: sorted(found)[len(found) // 4] for section, found in gaps.items()}


def _parted(row: Sequence[PlannedSeat], pitch: float) -> list[list[PlannedSeat]]:
    parts = [[row[0]]]
    for left, right in pairwise(row):
        follows = right.column == left.column + 1
        aisle = hypot(right.x - left.x, right.y - left.y) > AISLE_FACTOR * pitch
        if follows and not aisle:
            parts[-1].append(right)
        else:
            parts.append([right])
    return parts


def _distances(rows: Sequence[Sequence[PlannedSeat]], focus: Point | None) -> dict[SeatId, float]:
    seats = [seat for row in rows for seat in row]
    if len({(seat.x, seat.y) for seat in seats}) > 1:
        if focus is not None:
            return {seat.id: hypot(seat.x - focus.x, seat.y - focus.y) for seat in seats}
        left, right = min(seat.x for seat in seats), max(seat.x for seat in seats)
        top = min(seat.y for seat in seats)
        middle = (left + right) / 2
        return {seat.id: hypot(seat.x - middle, seat.y - top) for seat in seats}
    return {
        seat.id: hypot(seat.column - (row[0].column + row[-1].column) / 2, number)
        for number, row in enumerate(rows)
        for seat in row
    }

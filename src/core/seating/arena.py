"""A bowl-shaped arena of any size: tiers of rows around a floor, parted by stairs into sections.

Rows are circles around the middle, which is the focus. Every row has as many seats as its length allows at the pitch
that uses up the seats exactly, so that the same wish always makes the same arena. The places for wheelchairs are at the
back of each section, where the entrances are, each with a companion's seat beside it. Section 203 is the third one of
the second tier, counted clockwise from the right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt, tau

from core.seating.arena_faults import arena_faults
from core.seating.attributes import AISLE, COMPANION, COMPANION_OF, YES
from core.seating.drawn import Category
from core.seating.errors import InvalidPlanError
from core.seating.grid import GaSection, ga_section, section_faults
from core.seating.layout import LayoutDraft, SeatDraft, SectionDraft
from core.seating.places import Point
from core.seating.plans import ACCESSIBLE

PITCH = 25.0
DEPTH = 42.0
STAIRS = 40.0
GALLERY = 150.0
"""The way between two tiers; like the others in the units of the drawing, where a seat is PITCH wide."""

_WIDTH_OF_BOWL = 2.2
"""The outer radius by the inner one, as it is in many halls."""

_SEATS_IN_ROW = 24
"""A section is about this wide, in seats, where nobody says how many sections there are."""

_TIERS = {1: ("Lower tier",), 2: ("Lower tier", "Upper tier"), 3: ("Lower tier", "Middle tier", "Upper tier")}
_FRONT = "Front rows"
_COLORS = {_FRONT: "#8e44ad", "Lower tier": "#e87722", "Middle tier": "#1d3557", "Upper tier": "#457b9d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """What is wished for. Left out, sections and tiers follow from the size, and every hundredth place is accessible.

    `standing` is a section for general admission on the floor.
    """

    seats: int
    sections: int | None = None
    tiers: int | None = None
    accessible: int | None = None
    standing: GaSection | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    tier: int
    number: int
    radius: float
    sectors: int

    @property
    def arc(self) -> float:
        """How long one section's part of the row is."""
        return tau * self.radius / self.sectors

    @property
    def stairs(self) -> float:
        """How much of that the stairs take."""
        return min(STAIRS, self.arc / 4)


def lay_out_arena(seats: int | Arena, *, pointer: str = "/source") -> LayoutDraft:
    """Return an arena of exactly so many seats, from ARENA_SEATS_MIN to SEATS_MAX, in the order of the hall.

    Raises InvalidPlanError for a wish that cannot be met.
    """
    arena = seats if isinstance(seats, Arena) else Arena(seats=seats)
    tiers = arena.tiers if arena.tiers is not None else 1 + (arena.seats >= 2_000) + (arena.seats >= 12_000)
    problems = arena_faults(arena.seats, tiers, arena.sections, arena.accessible, pointer=pointer)
    if arena.standing is not None:
        problems += section_faults(arena.standing, f"{pointer}/standing")
    if problems:
        raise InvalidPlanError(problems[0].message, problems)
    rows = _rows(arena.seats, tiers, arena.sections)
    middle = round(rows[-1].radius + GALLERY, 2)
    counts = _counts(arena.seats, rows)
    accessible = arena.seats // 100 if arena.accessible is None else arena.accessible
    sections: list[SectionDraft] = []
    taken = placed = 0
    for tier in range(tiers):
        of_tier = [(row, per_sector) for row, per_sector in zip(rows, counts, strict=True) if row.tier == tier]
        for sector in range(of_tier[0][0].sectors):
            parts = [(row, per_sector[sector]) for row, per_sector in of_tier if per_sector[sector]]
            taken += sum(count for _, count in parts)
            pairs = _pairs_by_row(parts, taken * accessible // arena.seats - placed)
            placed += sum(pairs.values())
            sections.append(_section(_TIERS[tiers][tier], sector, parts, pairs=pairs, middle=middle))
    floor = [ga_section(arena.standing)] if arena.standing is not None else []
    names = (_FRONT, *_TIERS[tiers])
    stage = {"shape": "circle", "circle": {"radius": rows[0].radius - DEPTH}, "position": {"x": middle, "y": middle}}
    return LayoutDraft(
        sections=(*floor, *sections),
        categories=tuple(Category(name, _COLORS[name]) for name in names),
        drawing={
            "size": {"width": 2 * middle, "height": 2 * middle},
            "areas": [
                {
                    "section": (floor or sections)[0].name,
                    "zone": 0,
                    "origin": {"x": 0.0, "y": 0.0},
                    "shape": {**stage, "color": "#e5e5e5"},
                }
            ],
        },
        focus=Point(middle, middle),
    )


def _rows(seats: int, tiers: int, sections: int | None) -> list[_Row]:
    """Return the rows from the front to the back, as many as take about PITCH by DEPTH for each seat."""
    inner = sqrt(seats * PITCH * DEPTH / (pi * (_WIDTH_OF_BOWL**2 - 1)))
    count = max(round((_WIDTH_OF_BOWL - 1) * inner / DEPTH), 3 * tiers)
    radii = [inner + at * DEPTH + (at * tiers // count) * GALLERY for at in range(count)]
    sectors = _sectors(radii, tiers, sections)
    rows: list[_Row] = []
    numbers = [0] * tiers
    for at, radius in enumerate(radii):
        tier = at * tiers // count
        numbers[tier] += 1
        rows.append(_Row(tier, numbers[tier], round(radius, 2), sectors[tier]))
    return rows


def _sectors(radii: Sequence[float], tiers: int, sections: int | None) -> list[int]:
    """Return into how many sections each tier is parted; the outer tiers get what is left over."""
    if sections is not None:
        return [sections // tiers + (tier >= tiers - sections % tiers) for tier in range(tiers)]
    around = tau * radii[len(radii) // 2]
    return [min(max(round(around / (_SEATS_IN_ROW * PITCH)), 4), 60)] * tiers


def _counts(seats: int, rows: Sequence[_Row]) -> list[list[int]]:
    """Return how many seats each row has in each section: shares of its length that add up to all seats exactly."""
    total = sum((row.arc - row.stairs) * row.sectors for row in rows)
    counts: list[list[int]] = []
    length, given = 0.0, 0
    for row in rows:
        of_row: list[int] = []
        for _ in range(row.sectors):
            length += row.arc - row.stairs
            upto = round(seats * length / total)
            of_row.append(upto - given)
            given = upto
        counts.append(of_row)
    return counts


def _pairs_by_row(parts: Sequence[tuple[_Row, int]], pairs: int) -> dict[int, int]:
    """Return how many wheelchair places with their companions' seats each row has, from the back."""
    found: dict[int, int] = {}
    for row, count in reversed(parts):
        found[row.number] = min(pairs, count // 2)
        pairs -= found[row.number]
    return found


def _section(
    tier: str, sector: int, parts: Sequence[tuple[_Row, int]], *, pairs: Mapping[int, int], middle: float
) -> SectionDraft:
    level = parts[0][0].tier + 1
    name = f"{level}{sector + 1:02}"
    front = parts[len(parts) // 4][0].number if level == 1 else 0
    seats = tuple(
        seat
        for row, count in parts
        for seat in _seats(
            name,
            row,
            count,
            category=_FRONT if row.number < front else tier,
            start=tau * sector / row.sectors,
            pairs=pairs[row.number],
            middle=middle,
        )
    )
    return SectionDraft(name=name, floor=f"Level {level}", zone=tier, seats=seats)


def _seats(
    section: str, row: _Row, count: int, *, category: str, start: float, pairs: int, middle: float
) -> Iterator[SeatDraft]:
    stairs = row.stairs / row.radius
    step = (tau / row.sectors - stairs) / count
    for column in range(1, count + 1):
        angle = start + stairs / 2 + (column - 0.5) * step
        yield SeatDraft(
            guid=f"{section}-{row.number}-{column}",
            label=f"{row.number}-{column}",
            row=str(row.number),
            number=str(column),
            column=column,
            category=category,
            x=round(middle + row.radius * cos(angle), 2),
            y=round(middle + row.radius * sin(angle), 2),
            attributes=_attributes(f"{section}-{row.number}", column, count, pairs),
        )


_NONE: dict[str, str | float] = {}
_ON_AISLE: dict[str, str | float] = {AISLE: YES}
_ACCESSIBLE: dict[str, str | float] = {ACCESSIBLE: YES}


def _attributes(row: str, column: int, count: int, pairs: int) -> dict[str, str | float]:
    on_aisle = column in (1, count)
    if column > 2 * pairs:
        return _ON_AISLE if on_aisle else _NONE
    if column % 2:
        return _ACCESSIBLE | _ON_AISLE if on_aisle else _ACCESSIBLE
    companion: dict[str, str | float] = {COMPANION: YES, COMPANION_OF: f"{row}-{column - 1}"}
    return companion | _ON_AISLE if on_aisle else companion

"""A venue's reusable layout: sections that seating plans are made from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import VenueId, VenueSectionId

type SectionKind = Literal["seated", "ga"]

ROWS_MAX = 500
COLUMNS_MAX = 500
SECTION_CAPACITY_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """What an organiser says of a section. `position` is the section's corner in the venue's drawing (x, y).

    `capacity` is how many people a section for general admission takes; a seating plan leaves out one that has none.
    """

    name: str
    kind: SectionKind
    row_count: int
    column_count: int
    position: tuple[float, float]
    display_order: int
    capacity: int | None = None

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not self.name.strip():
            problems.append(Problem("/name", "is blank"))
        if self.kind == "seated":
            if not 1 <= self.row_count <= ROWS_MAX:
                problems.append(Problem("/rowCount", f"must be from 1 to {ROWS_MAX} in a seated section"))
            if not 1 <= self.column_count <= COLUMNS_MAX:
                problems.append(Problem("/columnCount", f"must be from 1 to {COLUMNS_MAX} in a seated section"))
        if self.capacity is not None:
            if self.kind == "seated":
                problems.append(Problem("/capacity", "is for general admission; the seats of this section say it"))
            elif not 1 <= self.capacity <= SECTION_CAPACITY_MAX:
                problems.append(Problem("/capacity", f"must be from 1 to {SECTION_CAPACITY_MAX}"))
        if problems:
            raise InvalidInputError("The section cannot be laid out so.", problems)


@dataclass(frozen=True, slots=True)
class VenueSection:
    """One section of a venue's layout."""

    id: VenueSectionId
    venue_id: VenueId
    facts: SectionFacts
    version: int
    created_at: datetime
    updated_at: datetime

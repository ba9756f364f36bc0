"""Which wishes the seats of a hall are given to, and the tables and companions among them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import fsum
from typing import Self

from core.seating.plans import PlannedSeat, is_accessible
from core.seating.tables import WholeTable
from core.shared.ids import SeatId


class Kind(Enum):
    """Which wishes a seat is given to; companions' seats and whole tables are given with others only."""

    ORDINARY = auto()
    ACCESSIBLE = auto()
    COMPANION = auto()
    AT_A_WHOLE_TABLE = auto()


@dataclass(frozen=True, slots=True)
class HallTable:
    """A table that is sold whole: its bits, the lowest first, and the sum of their distances to the focus.

    `ordinary` says that no seat of it is accessible or a companion's.
    """

    section: str
    name: str
    bits: tuple[int, ...]
    cost: float
    ordinary: bool

    @classmethod
    def of(
        cls,
        table: WholeTable,
        section: str,
        bits: Iterable[int],
        distances: Sequence[float],
        companions: Mapping[SeatId, SeatId],
    ) -> Self:
        """Look at a table; `distances` are those of all bits, `companions` the places by companions' seats."""
        ordered = sorted(bits)
        ordinary = not any(is_accessible(seat) or seat.id in companions for seat in table.seats)
        cost = fsum(distances[bit] for bit in ordered)
        return cls(section, table.name, tuple(ordered), cost, ordinary)


def kind_of(seat: PlannedSeat, tables: Mapping[SeatId, WholeTable], companions: Mapping[SeatId, SeatId]) -> Kind:
    """Return what a seat is; a whole table has all of its seats alike."""
    if seat.id in tables:
        return Kind.AT_A_WHOLE_TABLE
    if seat.id in companions:
        return Kind.COMPANION
    return Kind.ACCESSIBLE if is_accessible(seat) else Kind.ORDINARY


def each_once(tables: Mapping[SeatId, WholeTable]) -> list[WholeTable]:
    """Return the tables of seats, in the order of the hall."""
    return list({(table.section_id, table.name): table for table in tables.values()}.values())


def companion_bits(
    bits: Iterable[int],
    bit_of: Mapping[SeatId, int],
    seats: Sequence[PlannedSeat | None],
    places: Mapping[SeatId, SeatId],
) -> dict[int, list[int]]:
    """Return the companions' bits among these by the bit of their place, which may be at a table."""
    found: dict[int, list[int]] = {}
    for bit in bits:
        seat = seats[bit]
        if seat is not None:
            found.setdefault(bit_of[places[seat.id]], []).append(bit)
    return found

"""Tables that are sold as a whole: a hold has all of their seats or none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.seating.places import TableSale
from core.seating.plans import PlannedSeat
from core.shared.ids import SeatId, SectionId


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A table that is sold to one buyer, with all of its seats in the order of the hall."""

    section_id: SectionId
    name: str
    seats: tuple[PlannedSeat, ...]


@dataclass(frozen=True, slots=True)
class IncompleteTable:
    """A whole table of which a choice has some seats and lacks these."""

    table: WholeTable
    missing: tuple[PlannedSeat, ...]


def whole_tables(seats: Iterable[PlannedSeat]) -> dict[SeatId, WholeTable]:
    """Return the whole table of each seat that belongs to one. It can be kept as long as the plan's seats."""
    members: dict[tuple[SectionId, str], list[PlannedSeat]] = {}
    for seat in seats:
        if seat.table is not None and seat.table.sale is TableSale.WHOLE:
            members.setdefault((seat.section_id, seat.table.name), []).append(seat)
    tables = [WholeTable(section_id, name, tuple(found)) for (section_id, name), found in members.items()]
    return {seat.id: table for table in tables for seat in table.seats}


def incomplete_tables(chosen: Iterable[SeatId], *, tables: Mapping[SeatId, WholeTable]) -> tuple[IncompleteTable, ...]:
    """Return the whole tables that a choice takes only a part of, in the order that it names them.

    `tables` is what `whole_tables` found. A choice that it returns nothing for may be held as far as tables go.
    """
    wanted = dict.fromkeys(chosen)
    touched = {
        (table.section_id, table.name): table for seat_id in wanted if (table := tables.get(seat_id)) is not None
    }
    return tuple(
        IncompleteTable(table, missing)
        for table in touched.values()
        if (missing := tuple(seat for seat in table.seats if seat.id not in wanted))
    )

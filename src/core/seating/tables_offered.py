"""Tables that are sold whole, for wishes: one for a party of its size, or several and rows beside them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.seating.hall_kinds import HallTable
from core.seating.hall_masks import HallMasks


def tables_for(
    masks: HallMasks, fitting: int, *, quantity: int, accessible: bool, released: bool
) -> Sequence[HallTable]:
    """Return the tables that a wish of so many may be given: all their seats fit, and they are not too many.

    A table with accessible or companions' seats is given to nobody before these are `released`, since it would take
    them from those who need them; nor is any given to a wish for accessible seats.
    """
    if accessible:
        return ()
    small = [table for table in masks.tables if len(table.bits) <= quantity and (table.ordinary or released)]
    if not small:
        return ()
    line = fitting.to_bytes(len(masks.seats) // 8 + 1, "little")
    return [table for table in small if all(line[bit >> 3] >> (bit & 7) & 1 for bit in table.bits)]


class TableSet(NamedTuple):
    """Tables for one party; they sort by their number, then by their distance, then by the order of the hall."""

    tables_count: int
    cost: float
    numbers: tuple[int, ...] = ()


_NO_TABLES = TableSet(0, 0.0)


def table_sets(tables: Sequence[HallTable], quantity: int) -> dict[int, TableSet]:
    """Return for each number of seats up to `quantity` that tables come to exactly, the fewest and nearest of them."""
    best = {0: _NO_TABLES}
    for number, table in enumerate(tables):
        for seats, known in list(best.items()):
            more = seats + len(table.bits)
            if more <= quantity:
                new = TableSet(known.tables_count + 1, known.cost + table.cost, (*known.numbers, number))
                best[more] = min(best.get(more, new), new)
    return best


def mixes(tables: Sequence[HallTable], runs: Sequence[int], quantity: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Give every number of seats that rows may contribute where tables and rows come to as few groups as can be.

    With it come the bits of the tables for the rest. `runs` are the sizes of the runs of free seats.
    """
    reach = [0]
    for size in sorted(runs, reverse=True):
        reach.append(reach[-1] + size)
    found: list[tuple[int, int, TableSet]] = []
    for seats, chosen in table_sets(tables, quantity).items():
        rows = next((count for count, most in enumerate(reach) if most >= quantity - seats), None)
        if rows is not None:
            found.append((chosen.tables_count + rows, quantity - seats, chosen))
    fewest = min((groups for groups, _, _ in found), default=0)
    for groups, in_rows, chosen in found:
        if groups == fewest:
            yield in_rows, tuple(sorted(bit for number in chosen.numbers for bit in tables[number].bits))

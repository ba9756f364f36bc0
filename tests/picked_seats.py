"""What is chosen in small halls of which each seat can be marked: accessible, a companion's, or at a whole table."""

from dataclasses import dataclass, replace

from adapters.memory.clock import MemoryIds
from core.seating.attributes import COMPANION, COMPANION_OF, YES, companions_of, place_of
from core.seating.best_available import SeatWish, choose, explain
from core.seating.grid import GridSection, lay_out_grid
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks, mask_of
from core.seating.layout import Layout, with_ids
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, PlannedSeat
from core.seating.tables import whole_tables

WHOLE = {name: Table(name, TableSale.WHOLE) for name in "TUV"}


def masks_of(layout: Layout) -> HallMasks:
    places = {seat.id: place for place, seat in enumerate(layout.seats)}
    companions = place_of(companions_of(layout.seats))
    tables = whole_tables(layout.seats)
    return HallMasks.of(Hall.of(layout.sections, layout.seats), places, tables=tables, companions=companions)


def marked(layout: Layout, **marks: str) -> Layout:
    """Mark seats by their labels: `a` accessible, `c` and a label for the companion of it, T, U or V for a table."""
    guids = {seat.label: seat.guid for seat in layout.seats}
    seats: list[PlannedSeat] = []
    for seat in layout.seats:
        mark = marks.get(seat.label, "")
        if mark == "a":
            seats.append(replace(seat, attributes={ACCESSIBLE: YES}))
        elif mark.startswith("c"):
            seats.append(replace(seat, attributes={COMPANION: YES, COMPANION_OF: guids[mark[1:]]}))
        elif mark:
            seats.append(replace(seat, table=WHOLE[mark]))
        else:
            seats.append(seat)
    return replace(layout, seats=tuple(seats))


def a_layout(rows: int, columns: int, **marks: str) -> Layout:
    draft = lay_out_grid([GridSection("Stalls", rows, columns)])
    return marked(with_ids(draft, new_id=MemoryIds().new, price_minor=1000), **marks)


@dataclass
class Picked:
    """What is chosen of a layout of which all is free but what is taken."""

    layout: Layout
    taken: tuple[str, ...] = ()

    def __call__(self, wish: SeatWish, *, released: bool = False) -> list[str] | None:
        masks = masks_of(self.layout)
        free = mask_of(masks.bits_for(seat.id for seat in self.layout.seats if seat.label not in self.taken))
        found = choose(masks, free, wish, released=released)
        self.words = explain(masks, [seat.id for seat in found], companions=wish.companions) if found else None
        return None if found is None else [seat.label for seat in found]


def needs(places: int, companions: int, *, allow_split: bool = False) -> SeatWish:
    return SeatWish(quantity=places, companions=companions, accessible=True, allow_split=allow_split)

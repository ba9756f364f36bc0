"""A plan with all its seats, as it is between two changes: what can be remembered while seats come and go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from core.seating.allotments import Allotment, Allotments
from core.seating.attributes import companions_of, place_of
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, PriceTier, SeatingPlan, Section
from core.seating.reservations import ReservationSeat
from core.seating.tables import WholeTable, whole_tables
from core.shared.ids import SeatId

NO_ALLOTMENTS = Allotments()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything about a plan but the states of its seats. It is true as long as the plan has this `plan.version`.

    `seats` stand in the order of the hall, and a seat's place in it is its number in `places`. `lines` is what a hold
    puts on a reservation, with today's prices. `masks` are the same seats in bits, to choose from them. `kept` are the
    seats of allotments, those that are over too. `tables` are those that are sold whole, by seat, and `companions` the
    wheelchair places by the seats of their companions; neither kind is given to a wish.
    """

    plan: SeatingPlan
    sections: tuple[Section, ...]
    tiers: tuple[PriceTier, ...]
    seats: tuple[PlannedSeat, ...]
    places: Mapping[SeatId, int]
    lines: Mapping[SeatId, ReservationSeat]
    masks: HallMasks
    kept: Mapping[SeatId, Allotment]
    tables: Mapping[SeatId, WholeTable]
    companions: Mapping[SeatId, SeatId]

    @classmethod
    def of(
        cls, plan: SeatingPlan, layout: Layout, tiers: Iterable[PriceTier], allotments: Allotments = NO_ALLOTMENTS
    ) -> Self:
        """Index a plan. It takes about a second for 100,000 seats."""
        names = {section.id: section.name for section in layout.sections}
        lines = {seat.id: _line(seat, names[seat.section_id]) for seat in layout.seats}
        places = {seat.id: place for place, seat in enumerate(layout.seats)}
        tables = whole_tables(layout.seats)
        companions = place_of(companions_of(layout.seats))
        hall = Hall.of(layout.sections, layout.seats, focus=plan.focus)
        return cls(
            plan=plan,
            sections=layout.sections,
            tiers=tuple(tiers),
            seats=layout.seats,
            places=places,
            lines=lines,
            masks=HallMasks.of(hall, places, apart=tables.keys() | companions.keys()),
            kept=allotments.by_seat(),
            tables=tables,
            companions=companions,
        )

    def with_plan(self, plan: SeatingPlan, allotments: Allotments) -> Self:
        """Return the same seats under the plan's newer version; its `seats_version` must be the same."""
        if plan.seats_version != self.plan.seats_version:
            raise ValueError(f"the seats of {plan.id} were changed")
        return replace(self, plan=plan, kept=allotments.by_seat())


def _line(seat: PlannedSeat, section: str) -> ReservationSeat:
    return ReservationSeat(
        seat_id=seat.id,
        section_id=seat.section_id,
        label=seat.label,
        section=section,
        row=seat.row,
        number=seat.number,
        column=seat.column,
        price_minor=seat.price_minor,
    )

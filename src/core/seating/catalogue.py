"""A plan with all its seats, as it is between two changes: what can be remembered while seats come and go."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from core.seating.allotments import Allotment, Allotments
from core.seating.attributes import companions_of, place_of
from core.seating.drawn import HoldRules
from core.seating.hall import Hall
from core.seating.hall_masks import HallMasks
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, SeatingPlan, Section, is_accessible
from core.seating.price_tiers import PriceTier
from core.seating.reservations import ReservationSeat
from core.seating.tables import WholeTable, whole_tables
from core.shared.ids import SeatId

NO_ALLOTMENTS = Allotments()

BEGINNING_OF_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything about a plan but the states of its seats. It is true as long as the plan has this `plan.version`.

    Its prices count from `prices_since` until just before `prices_change_at`, None for ever: `is_priced_for` tells
    whether they are those of a moment, and `priced_for` makes them so.

    `rules` are what the plan says about holds. `seats` stand in the order of the hall, and a seat's place in it is its
    number in `places`. `lines` is what a hold puts on a reservation. `masks` are the same seats in bits, to choose from
    them. `kept` are the seats of allotments, those that are over too. `tables` are those that are sold whole, by seat,
    `companions` the wheelchair places by the seats of their companions, and `accessible` all seats that are kept for
    those who ask for such.
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
    accessible: frozenset[SeatId]
    prices_since: datetime = BEGINNING_OF_TIME
    prices_change_at: datetime | None = None
    rules: HoldRules = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", self.plan.rules)

    @classmethod
    def of(
        cls, plan: SeatingPlan, layout: Layout, tiers: Iterable[PriceTier], allotments: Allotments = NO_ALLOTMENTS
    ) -> Self:
        """Index a plan, with the prices that it had before any change. It takes about a second for 100,000 seats."""
        names = {section.id: section.name for section in layout.sections}
        lines = {seat.id: _line(seat, names[seat.section_id]) for seat in layout.seats}
        places = {seat.id: place for place, seat in enumerate(layout.seats)}
        tables = whole_tables(layout.seats)
        companions = place_of(companions_of(layout.seats))
        hall = Hall.of(layout.sections, layout.seats, focus=plan.focus)
        tiers = tuple(tiers)
        return cls(
            plan=plan,
            sections=layout.sections,
            tiers=tiers,
            seats=layout.seats,
            places=places,
            lines=lines,
            masks=HallMasks.of(hall, places, tables=tables, companions=companions),
            kept=allotments.by_seat(),
            tables=tables,
            companions=companions,
            accessible=frozenset(seat.id for seat in layout.seats if is_accessible(seat)),
            prices_change_at=next(iter(_change_times(tiers)), None),
        )

    def is_priced_for(self, now: datetime) -> bool:
        """Tell whether the prices are those of this moment; a change belongs to the moment of its time."""
        return self.prices_since <= now and (self.prices_change_at is None or now < self.prices_change_at)

    def prices_since_at(self, now: datetime) -> datetime:
        """Return since when the prices of a moment have counted."""
        return _period(_change_times(self.tiers), now)[0]

    def priced_for(self, now: datetime) -> Self:
        """Return the catalogue with the prices of a moment. It takes about a second for 100,000 seats.

        Everything but the prices stays the same; the bits of seats do too.
        """
        if self.is_priced_for(now):
            return self
        since, until = _period(_change_times(self.tiers), now)
        prices = {tier.id: tier.price_at(now).amount_minor for tier in self.tiers if tier.changes}
        section_tiers = {section.id: section.price_tier_id for section in self.sections}
        changed: dict[SeatId, PlannedSeat] = {}
        for seat in self.seats:
            tier = seat.price_tier_id or section_tiers[seat.section_id]
            price_minor = prices.get(tier, seat.price_minor) if tier is not None else seat.price_minor
            if price_minor != seat.price_minor:
                changed[seat.id] = replace(seat, price_minor=price_minor)
        if not changed:
            return replace(self, prices_since=since, prices_change_at=until)
        lines = dict(self.lines)
        for seat_id, seat in changed.items():
            lines[seat_id] = _line(seat, lines[seat_id].section)
        return replace(
            self,
            seats=tuple(changed.get(seat.id, seat) for seat in self.seats),
            lines=lines,
            masks=self.masks.repriced(prices, changed),
            prices_since=since,
            prices_change_at=until,
        )

    def with_plan(self, plan: SeatingPlan, allotments: Allotments) -> Self:
        """Return the same seats under the plan's newer version; its `seats_version` must be the same."""
        if plan.seats_version != self.plan.seats_version:
            raise ValueError(f"the seats of {plan.id} were changed")
        return replace(self, plan=plan, kept=allotments.by_seat())


def _change_times(tiers: Iterable[PriceTier]) -> Sequence[datetime]:
    """Return when prices change, each time once, the earliest first."""
    return sorted({change.at for tier in tiers for change in tier.changes})


def _period(times: Sequence[datetime], now: datetime) -> tuple[datetime, datetime | None]:
    """Return since when, and until when, the prices of a moment count."""
    past = bisect_right(times, now)
    return times[past - 1] if past else BEGINNING_OF_TIME, times[past] if past < len(times) else None


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

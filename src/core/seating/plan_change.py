"""A published plan gets another layout: which seat becomes which, and what nobody may lose by it.

A seat that both layouts have by section and label stays the same seat. So does a sold one that is given another place:
its row of the ledger is described anew, so that no seat ever passes from hand to hand, and what names it stays true.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.seating.layout import Layout, in_hall_order
from core.seating.ledger import Picture
from core.seating.places import SectionKind
from core.seating.plan_change_errors import InvalidPlanChangeError, SeatsWithoutPlaceError
from core.seating.plan_change_places import check_sections, proposals
from core.seating.plan_change_prices import named_tiers, tiers_after, with_tiers
from core.seating.plans import PlannedSeat, SeatingPlan
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing
from core.seating.reports import PROBLEMS_MAX
from core.seating.seats import Available, Blocked, Held, Reserved, Sold
from core.shared.errors import Problem
from core.shared.ids import SeatId, SectionId

type Key = tuple[str, str, int]
"""Section, label, and which of that name it is, from 0."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan with its layout and tiers."""

    plan: SeatingPlan
    layout: Layout
    tiers: tuple[PriceTier, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sold seat of the live plan, and the seat of the new layout that its buyer gets."""

    seat_id: SeatId
    to: SeatId


@dataclass(frozen=True, slots=True)
class Moved:
    """A sold seat before and after, each with the name of its section; the id of both is the same."""

    before: PlannedSeat
    section_before: str
    after: PlannedSeat
    section_after: str


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What comes of a change. `layout` has its seats in the order of their ids, as it is stored.

    `removed` are seats that nobody bought: `held` and `blocked` are among them. `without_place` are sold ones for which
    the new layout has no place, and `paying` those that would need another while they are paid for: with either nothing
    may be changed. `proposals` name free places of the new layout for the sold ones, by its own ids.
    """

    layout: Layout
    pricing: Pricing
    kept: tuple[SeatId, ...]
    added: tuple[SeatId, ...]
    removed: tuple[PlannedSeat, ...]
    moved: tuple[Moved, ...]
    held: tuple[SeatId, ...]
    blocked: tuple[SeatId, ...]
    without_place: tuple[PlannedSeat, ...]
    paying: tuple[PlannedSeat, ...]
    proposals: Mapping[SeatId, SeatId]
    sections: Mapping[SectionId, str]

    @property
    def can_be_done(self) -> bool:
        return not self.without_place and not self.paying

    def must_be_possible(self) -> None:
        """Raise SeatsWithoutPlaceError that points at each seat which would be lost."""
        if self.can_be_done:
            return
        problems = [
            *(
                Problem(f"/params/mapping/{seat.id}", f"Sold seat {self.name_of(seat)} has no place in the new layout.")
                for seat in self.without_place
            ),
            *(
                Problem(f"/params/mapping/{seat.id}", f"Seat {self.name_of(seat)} is being paid for.")
                for seat in self.paying
            ),
        ]
        raise SeatsWithoutPlaceError(
            f"{len(problems)} seats would be lost, such as: {problems[0].message}", problems[:PROBLEMS_MAX]
        )

    def name_of(self, seat: PlannedSeat) -> str:
        """Return what people call a seat of the layout before."""
        return f"{self.sections[seat.section_id]} {seat.label}"


def redraw(
    live: Drawn,
    wanted: Drawn,
    pairs: Sequence[Pair],
    *,
    states: Picture,
    keep_prices: bool,
    new_id: Callable[[], UUID],
) -> Redrawn:
    """Match the seats of two layouts; `states` are those of the live plan's seats at this moment.

    With `keep_prices` seats that stay cost what they cost, and so do tiers that both have by name; else the new plan's
    tiers count. Raises InvalidPlanChangeError for pairs that cannot be, and for a general-admission section that would
    vanish, shrink, or be another ticket's.
    """
    before, after = keyed(live.layout), keyed(wanted.layout)
    check_sections(live.layout.sections, wanted.layout.sections)
    given = _given(pairs, live, wanted, states)
    moving = frozenset(given.values())
    by_key = {key: seat for seat, key in before.items()}
    became: dict[SeatId, SeatId | None] = {}
    for seat_id, key in after.items():
        same = by_key.get(key)
        became[seat_id] = given.get(seat_id, same if same not in moving else None)
    _check_pushed_out(given, after, by_key, moving, states)
    stays = {old for old in became.values() if old is not None}
    gone = [seat for seat in live.layout.seats if seat.id not in stays]
    ids = {seat_id: old or SeatId(new_id()) for seat_id, old in became.items()}
    layout = _laid_out(live.layout, wanted.layout, ids, new_id)
    tiers = tiers_after(live.tiers, wanted.tiers, keep_prices=keep_prices, new_id=new_id)
    old_tiers, new_tiers = named_tiers(live.layout, live.tiers), named_tiers(wanted.layout, wanted.tiers)
    place_of = {seat_id: by_key.get(key) for seat_id, key in after.items()}
    names = {
        ids[seat_id]: old_tiers[place] if keep_prices and place is not None else new_tiers[seat_id]
        for seat_id, place in place_of.items()
    }
    pricing = with_tiers(layout, tiers, names, ticket_price=live.plan.ticket_price)
    without = tuple(seat for seat in gone if isinstance(states[seat.id], Sold))
    return Redrawn(
        layout=pricing.layout,
        pricing=pricing,
        kept=tuple(old for new, old in became.items() if old is not None and new not in given),
        added=tuple(ids[new] for new, old in became.items() if old is None),
        removed=tuple(seat for seat in gone if not isinstance(states[seat.id], Sold | Reserved)),
        moved=_moves(live.layout, pricing.layout, moving),
        held=tuple(seat.id for seat in gone if isinstance(states[seat.id], Held)),
        blocked=tuple(seat.id for seat in gone if isinstance(states[seat.id], Blocked)),
        without_place=without,
        paying=tuple(seat for seat in gone if isinstance(states[seat.id], Reserved)),
        proposals=proposals(without, wanted.layout, became, states, old_tiers, new_tiers),
        sections={section.id: section.name for section in live.layout.sections},
    )


def redrawn_plan(live: SeatingPlan, wanted: SeatingPlan, redrawn: Redrawn) -> SeatingPlan:
    """Return the live plan with what the new one says of its layout; its rules of sale stay as they are."""
    return replace(
        live,
        sections_count=wanted.sections_count,
        seats_count=wanted.seats_count,
        seats_without_tier=redrawn.pricing.seats_without_tier,
        ga_capacity=wanted.ga_capacity,
        categories=wanted.categories,
        layout=wanted.layout,
        focus=wanted.focus,
        warnings=wanted.warnings,
    )


def keyed(layout: Layout) -> dict[SeatId, Key]:
    """Return what people call each seat, told apart where two have one name."""
    names = {section.id: section.name for section in layout.sections}
    seen: Counter[tuple[str, str]] = Counter()
    keys: dict[SeatId, Key] = {}
    for seat in layout.seats:
        name = names[seat.section_id], seat.label
        keys[seat.id] = (*name, seen[name])
        seen[name] += 1
    return keys


def in_new_places(layout: Layout) -> dict[SeatId, tuple[str, str]]:
    """Return the section and label of each seat."""
    return {seat_id: (section, label) for seat_id, (section, label, _) in keyed(layout).items()}


def _given(pairs: Sequence[Pair], live: Drawn, wanted: Drawn, states: Picture) -> dict[SeatId, SeatId]:
    """Return which old seat is to be which new one. Pairs of seats that are not sold say nothing."""
    known = {seat.id for seat in wanted.layout.seats}
    old = {seat.id for seat in live.layout.seats}
    given: dict[SeatId, SeatId] = {}
    problems: list[Problem] = []
    used: set[SeatId] = set()
    for index, pair in enumerate(pairs):
        pointer = f"/params/mapping/{index}"
        if pair.seat_id not in old:
            problems.append(Problem(f"{pointer}/from", f"The live plan has no seat {pair.seat_id}."))
        elif pair.to not in known:
            problems.append(Problem(f"{pointer}/to", f"The new layout has no seat {pair.to}."))
        elif pair.seat_id in used:
            problems.append(Problem(f"{pointer}/from", f"Seat {pair.seat_id} is given two places."))
        elif pair.to in given:
            problems.append(Problem(f"{pointer}/to", f"Seat {pair.to} is given away twice."))
        elif isinstance(states[pair.seat_id], Sold):
            given[pair.to] = pair.seat_id
        used.add(pair.seat_id)
    if problems:
        raise InvalidPlanChangeError(problems[0].message, problems[:PROBLEMS_MAX])
    return given


def _check_pushed_out(
    given: Mapping[SeatId, SeatId],
    after: Mapping[SeatId, Key],
    by_key: Mapping[Key, SeatId],
    moving: frozenset[SeatId],
    states: Picture,
) -> None:
    """A place that is given away must not be one that somebody bought, pays for, or keeps off sale; holds end."""
    problems: list[Problem] = []
    for to, seat_id in given.items():
        there = by_key.get(after[to])
        if there is None or there == seat_id or there in moving:
            continue
        if not isinstance(states[there], Available | Held):
            section, label, _ = after[to]
            problems.append(Problem(f"/params/mapping/{seat_id}", f"The place {section} {label} is not free."))
    if problems:
        raise InvalidPlanChangeError(problems[0].message, problems[:PROBLEMS_MAX])


def _laid_out(before: Layout, after: Layout, ids: Mapping[SeatId, SeatId], new_id: Callable[[], UUID]) -> Layout:
    """Return the new layout under the ids that stay; sections of one name are one section."""
    left: dict[tuple[str, SectionKind], list[SectionId]] = {}
    for section in before.sections:
        left.setdefault((section.name, section.kind), []).append(section.id)
    section_ids: dict[SectionId, SectionId] = {}
    for section in after.sections:
        same = left.get((section.name, section.kind))
        section_ids[section.id] = same.pop(0) if same else SectionId(new_id())
    sections = tuple(replace(section, id=section_ids[section.id]) for section in after.sections)
    hall = [
        replace(seat, id=ids[seat.id], section_id=section_ids[seat.section_id]) for seat in in_hall_order(after.seats)
    ]
    seats = sorted(hall, key=lambda seat: seat.id)
    if seats == hall:
        return Layout(sections, tuple(replace(seat, position=None) for seat in hall))
    placed = (replace(seat, position=place) for place, seat in enumerate(hall))
    return Layout(sections, tuple(sorted(placed, key=lambda seat: seat.id)))


def _moves(before: Layout, after: Layout, moving: frozenset[SeatId]) -> tuple[Moved, ...]:
    old_names = {section.id: section.name for section in before.sections}
    new_names = {section.id: section.name for section in after.sections}
    then = {seat.id: seat for seat in after.seats if seat.id in moving}
    return tuple(
        Moved(seat, old_names[seat.section_id], then[seat.id], new_names[then[seat.id].section_id])
        for seat in before.seats
        if seat.id in moving
    )

"""Places of a new layout: free ones for those who would lose theirs, and the sections that stay."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import hypot

from core.seating.layout import Layout
from core.seating.ledger import Picture
from core.seating.places import SectionKind
from core.seating.plan_change_errors import InvalidPlanChangeError
from core.seating.plans import PlannedSeat, Section
from core.seating.reports import PROBLEMS_MAX
from core.seating.seats import Available
from core.shared.errors import Problem
from core.shared.ids import SeatId

PROPOSALS_MAX = 100
"""Places are proposed for this many seats at most."""


def check_sections(before: Sequence[Section], after: Sequence[Section]) -> None:
    """Raise InvalidPlanChangeError when a section for general admission would vanish, shrink, or change its ticket."""
    wanted = {section.name: section for section in after if section.kind is SectionKind.GA}
    problems: list[Problem] = []
    for section in before:
        if section.kind is not SectionKind.GA:
            continue
        then = wanted.get(section.name)
        if then is None or then.ticket_id != section.ticket_id or (then.capacity or 0) < (section.capacity or 0):
            text = f"{section.name} is general admission: it stays, for its ticket and as many people at least."
            problems.append(Problem("/params/newPlanId", text))
    if problems:
        raise InvalidPlanChangeError(problems[0].message, problems[:PROBLEMS_MAX])


def proposals(
    without: Iterable[PlannedSeat],
    wanted: Layout,
    became: Mapping[SeatId, SeatId | None],
    states: Picture,
    old_tiers: Mapping[SeatId, str | None],
    new_tiers: Mapping[SeatId, str | None],
) -> dict[SeatId, SeatId]:
    """Return the nearest free place of the same tier for each, no place twice."""
    free: dict[str | None, dict[SeatId, PlannedSeat]] = {}
    for seat in wanted.seats:
        old = became[seat.id]
        if old is None or isinstance(states[old], Available):
            free.setdefault(new_tiers[seat.id], {})[seat.id] = seat
    proposed: dict[SeatId, SeatId] = {}
    for seat in list(without)[:PROPOSALS_MAX]:
        places = free.get(old_tiers[seat.id], {})
        if places:
            best = min(places.values(), key=partial(_distance, seat))
            proposed[seat.id] = best.id
            del places[best.id]
    return proposed


def _distance(seat: PlannedSeat, place: PlannedSeat) -> tuple[float, SeatId]:
    return hypot(place.x - seat.x, place.y - seat.y), place.id

"""What becomes of a buyer's own choice that would leave single seats behind, by the plan's rule."""

from collections.abc import Sequence, Set

from core.seating.errors import NAMES_MAX, SeatLeftAloneError
from core.seating.hall import Hall, Stretch
from core.seating.orphans import stranded
from core.seating.plans import OrphanRule, PlannedSeat, is_accessible
from core.shared.ids import SeatId


def judge_choice(hall: Hall, free: Set[SeatId], chosen: Set[SeatId], *, rule: OrphanRule) -> str | None:
    """Return a warning for a choice of free seats that strands single ones, or None for one that does not.

    Raises SeatLeftAloneError under `OrphanRule.ENFORCE`, unless the choice is a last resort: where a group of it
    strands a seat, no other place of its size in the section would strand none. Accessible seats are left out of the
    picture: one of them may stay alone, and choosing one strands nobody.
    """
    if rule is OrphanRule.OFF:
        return None
    left: list[tuple[Stretch, PlannedSeat]] = []
    avoidable = False
    for stretch in hall.stretches:
        picture = _picture(stretch, free)
        taken = {place for place, seat in enumerate(stretch.seats) if picture[place] and seat.id in chosen}
        alone = stranded(picture, taken)
        left.extend((stretch, stretch.seats[place]) for place in alone)
        if alone and rule is OrphanRule.ENFORCE and not avoidable:
            section_id = stretch.seats[0].section_id
            sizes = {len(group) for group in _groups(taken) if {group[0] - 1, group[-1] + 1} & set(alone)}
            avoidable = any(_has_better(hall, free, section_id, size) for size in sizes)
    if not left:
        return None
    names = ", ".join(f"{stretch.section} {seat.label}" for stretch, seat in left[:NAMES_MAX])
    rest = f" and {len(left) - NAMES_MAX} more" if len(left) > NAMES_MAX else ""
    if avoidable:
        raise SeatLeftAloneError(f"This choice would leave single seats: {names}{rest}. Take them too, or move along.")
    return f"Single seats stay behind: {names}{rest}."


def _picture(stretch: Stretch, free: Set[SeatId]) -> list[bool]:
    return [seat.id in free and not is_accessible(seat) for seat in stretch.seats]


def _groups(places: Set[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for place in sorted(places):
        if groups and groups[-1][-1] == place - 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _has_better(hall: Hall, free: Set[SeatId], section_id: object, size: int) -> bool:
    return any(
        _has_room(_picture(stretch, free), size)
        for stretch in hall.stretches
        if stretch.seats[0].section_id == section_id
    )


def _has_room(picture: Sequence[bool], size: int) -> bool:
    """Tell whether so many can sit together in the picture without leaving a single seat."""
    return any(
        all(picture[start : start + size]) and not stranded(picture, range(start, start + size))
        for start in range(len(picture) - size + 1)
    )

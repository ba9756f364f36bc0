"""What becomes of a buyer's own choice that would leave single seats behind, by the plan's rule."""

from collections.abc import Iterable

from core.seating.errors import NAMES_MAX, SeatLeftAloneError
from core.seating.hall_masks import HallMasks, bits_of, mask_of, side_by_side, windows
from core.seating.orphans import stranded, stranding
from core.seating.plans import OrphanRule
from core.shared.ids import SeatId, SectionId


def judge_choice(
    masks: HallMasks, free: int, chosen: Iterable[SeatId], *, rule: OrphanRule, released: bool = False
) -> str | None:
    """Return a warning for a choice of free seats that strands single ones, or None for one that does not.

    Raises SeatLeftAloneError under `OrphanRule.ENFORCE`, unless the choice is a last resort: where a group of it
    strands a seat, no other place of its size in the section would strand none. Accessible seats are left out of the
    picture: one of them may stay alone, and choosing one strands nobody, until they are `released`.
    """
    if rule is OrphanRule.OFF:
        return None
    picture = free & masks.asked_for(accessible=False, released=released)
    taken = mask_of(masks.bits_for(chosen)) & picture
    alone = list(bits_of(stranded(picture, taken)))
    if not alone:
        return None
    named = [f"{masks.stretch_at(bit)[1].section} {masks.seats_at([bit])[0].label}" for bit in alone[:NAMES_MAX]]
    rest = f" and {len(alone) - NAMES_MAX} more" if len(alone) > NAMES_MAX else ""
    names = ", ".join(named) + rest
    if rule is OrphanRule.ENFORCE and any(
        windows(picture, size) & ~stranding(picture, size) & masks.sections[section]
        for section, size in _guilty(masks, taken, frozenset(alone))
    ):
        raise SeatLeftAloneError(f"This choice would leave single seats: {names}. Take them too, or move along.")
    return f"Single seats stay behind: {names}."


def _guilty(masks: HallMasks, taken: int, alone: frozenset[int]) -> set[tuple[SectionId, int]]:
    """Return section and size of the groups that strand somebody beside them."""
    return {
        (masks.seats_at(group)[0].section_id, len(group))
        for group in side_by_side(bits_of(taken))
        if {group[0] - 1, group[-1] + 1} & alone
    }

"""What is wrong with the wish for an arena."""

from core.seating.layout import SEATS_MAX, SECTIONS_MAX
from core.shared.errors import Problem

ARENA_SEATS_MIN = 100
ARENA_TIERS_MAX = 3
_SEATS_PER_SECTION_MIN = 25
_SEATS_PER_ACCESSIBLE_MIN = 10


def arena_faults(
    seats: int, tiers: int, sections: int | None, accessible: int | None, *, pointer: str
) -> list[Problem]:
    """Return a problem for each number that is out of its bounds."""
    bounds = [
        ("seats", seats, ARENA_SEATS_MIN, SEATS_MAX),
        ("tiers", tiers, 1, ARENA_TIERS_MAX),
        ("sections", sections, tiers, min(SECTIONS_MAX - 1, seats // _SEATS_PER_SECTION_MIN)),
        ("accessible", accessible, 0, seats // _SEATS_PER_ACCESSIBLE_MIN),
    ]
    return [
        Problem(f"{pointer}/{member}", f"An arena of this size has from {least} to {most} {member}.")
        for member, value, least, most in bounds
        if value is not None and not least <= value <= most
    ]

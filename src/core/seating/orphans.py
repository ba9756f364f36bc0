"""Single seats that a choice leaves behind: one function over one picture of seats that stand side by side."""

from collections.abc import Sequence, Set


def stranded(free: Sequence[bool], chosen: Set[int] | range) -> tuple[int, ...]:
    """Return the places that a choice leaves free and alone, from left to right.

    `free` is a stretch of seats without a gap, `chosen` are free places of it. The end of the stretch counts like a
    taken seat. A seat that was alone before is not stranded by the choice.
    """
    beside = {place for taken in chosen for place in (taken - 1, taken + 1) if place not in chosen}

    def stays_free(place: int) -> bool:
        return 0 <= place < len(free) and free[place] and place not in chosen

    return tuple(
        sorted(
            place for place in beside if stays_free(place) and not stays_free(place - 1) and not stays_free(place + 1)
        )
    )

"""Single seats that a choice leaves behind: one way to see them in a picture of seats, be it of a row or of a hall.

A picture is a number: the bits of free seats are set, seats side by side have bits side by side, and a bit that is not
set parts what does not stand side by side.
"""


def stranded(free: int, chosen: int) -> int:
    """Return the seats that a choice of free seats leaves free and alone.

    The end of a stretch counts like a taken seat. A seat that was alone before is not stranded by the choice.
    """
    left = free & ~chosen
    return left & ~(left << 1) & ~(left >> 1) & (chosen << 1 | chosen >> 1)


def stranding(free: int, size: int) -> int:
    """Return the first bits of all places where taking so many free seats side by side strands one beside them."""
    alone_before = free & ~(free << 1)  # nobody is free to the left of these
    alone_after = free & ~(free >> 1)
    return alone_before << 1 | alone_after >> size

"""Where in a document msgspec found a fault."""

import msgspec

from core.shared.errors import Problem

_AT = " - at `$"


def problem_in(error: msgspec.ValidationError, *, inside: str = "") -> Problem:
    """Return the fault with a pointer to its place, in a document that itself stands at `inside`.

    A fault of the whole document has no place; one of a value in a mapping is told with the mapping's.
    """
    message, at, path = str(error).rpartition(_AT)
    if not at:
        return Problem(inside, str(error))
    place = path.rstrip("`").replace("[...]", "").replace(".", "/").replace("[", "/").replace("]", "")
    return Problem(inside + place, message)

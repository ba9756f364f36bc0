"""Areas of a drawing: shapes such as a stage or a bar, kept as they come as long as they can be drawn and stored."""

from typing import cast

from core.seating.layout import is_coordinate
from core.seating.plan_reading import Cursor

AREAS_MAX = 5_000
DEPTH_MAX = 8
TEXT_LENGTH_MAX = 1_000
_SHAPES = frozenset({"polygon", "rectangle", "ellipse", "circle", "text"})
_AREA = _SHAPES | {"color", "border_color", "rotation", "position", "uuid", "shape"}


def area_of(area: Cursor) -> dict[str, object]:
    """Return the members that the format has; unknown ones are noted and left out."""
    area.only(_AREA)
    kept = {member: value for member, value in area.members.items() if member in _AREA}
    for member, value in kept.items():
        if not _can_be_drawn(value, DEPTH_MAX):
            area.error(member, f"{member} holds a number or a text that cannot be drawn, or is nested too deeply.")
    return kept


def _can_be_drawn(value: object, depth: int) -> bool:
    match value:
        case None | bool():
            return True
        case int() | float():
            return is_coordinate(value)
        case str():
            return len(value) <= TEXT_LENGTH_MAX and "\x00" not in value
        case list():
            return depth > 0 and all(_can_be_drawn(item, depth - 1) for item in cast("list[object]", value))
        case dict():
            members = cast("dict[str, object]", value)
            return depth > 0 and all(
                _can_be_drawn(name, 0) and _can_be_drawn(item, depth - 1) for name, item in members.items()
            )
        case _:
            return False

"""Writes a layout in the seating-plan format: read again, it is the same layout.

Zones and rows are written in the order of the hall. What the format has no member for stands in `x-fairseat`, as
`core.seating.plan_extension` tells; a plan that needs none of it is a plain document of the format.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import cast

from core.seating.attributes import FLAGS
from core.seating.layout import SEAT_LABEL_LENGTH_MAX, LayoutDraft, SeatDraft, SectionDraft, extent_of
from core.seating.places import SectionKind, TableSale
from core.seating.plan_extension import EXTENSION
from core.seating.plan_import import SIZE_MARGIN

type _Members = dict[str, object]


def write_plan(name: str, draft: LayoutDraft) -> dict[str, object]:
    """Return the document. `read_plan` makes the same draft of it, for a draft that keeps the format's limits."""
    ours: _Members = {"ordered": True}
    if draft.focus is not None:
        ours["focalPoint"] = _position(draft.focus.x, draft.focus.y)
    size = draft.drawing.get("size")
    if not isinstance(size, dict):
        size = extent_of((seat for section in draft.sections for seat in section.seats), margin=SIZE_MARGIN)
    drawings = _drawings(draft)
    areas = _areas(draft)
    return {
        "name": "".join(letter if letter.isprintable() else " " for letter in name),
        "size": {side: _number(value) for side, value in cast("dict[str, float]", size).items()},
        "categories": [
            {"name": category.name} | ({"color": category.color} if category.color is not None else {})
            for category in draft.categories
        ],
        "zones": [_zone(section, drawings[at], areas.get(at, [])) for at, section in enumerate(draft.sections)],
        EXTENSION: ours,
    }


def _drawings(draft: LayoutDraft) -> list[Mapping[str, object]]:
    found = draft.drawing.get("zones")
    if isinstance(found, list):
        return cast("list[Mapping[str, object]]", found)
    return [{} for _ in draft.sections]


def _areas(draft: LayoutDraft) -> dict[int, list[object]]:
    """Return the shapes by their section's place."""
    shapes: dict[int, list[object]] = {}
    names = [section.name for section in draft.sections]
    for area in cast("list[Mapping[str, object]]", draft.drawing.get("areas", [])):
        section = area.get("section")
        at = area.get("zone", names.index(str(section)) if section in names else 0)
        shapes.setdefault(cast("int", at), []).append(area["shape"])
    return shapes


def _zone(section: SectionDraft, drawing: Mapping[str, object], areas: Sequence[object]) -> _Members:
    place = cast("Mapping[str, float]", drawing.get("position", {"x": 0.0, "y": 0.0}))
    origin = (place["x"], place["y"])
    rows = cast("Mapping[str, Mapping[str, object]]", drawing.get("rows", {}))
    zone: _Members = {"name": section.name}
    if "id" in drawing:
        zone["zone_id"] = drawing["id"]
    zone["position"] = _position(*origin)
    zone["rows"] = [
        _row(label, list(seats), rows.get(label, {}), origin)
        for label, seats in groupby(section.seats, key=lambda seat: seat.row)
    ]
    if areas:
        zone["areas"] = list(areas)
    if ours := _zone_extension(section):
        zone[EXTENSION] = ours
    return zone


def _zone_extension(section: SectionDraft) -> _Members:
    ours: _Members = {}
    if section.floor is not None:
        ours["floor"] = section.floor
    if section.zone is not None:
        ours["zone"] = section.zone
    if section.kind is SectionKind.GA:
        ours["kind"] = section.kind.value
        ours["capacity"] = section.capacity
        if section.ticket_id is not None:
            ours["ticketId"] = str(section.ticket_id)
    whole = dict.fromkeys(
        seat.table.name for seat in section.seats if seat.table is not None and seat.table.sale is TableSale.WHOLE
    )
    if whole:
        ours["tables"] = [{"name": name, "sold": TableSale.WHOLE.value} for name in whole]
    return ours


def _row(
    label: str, seats: Sequence[SeatDraft], drawing: Mapping[str, object], origin: tuple[float, float]
) -> _Members:
    row: _Members = {"row_number": drawing.get("number", label)}
    if "number" in drawing:
        row["row_label"] = label
    pattern = _pattern(seats)
    if pattern is not None:
        row["seat_label"] = pattern
    if "numberPosition" in drawing:
        row["row_number_position"] = drawing["numberPosition"]
    row["seats"] = [_seat(seat, column, pattern, origin) for column, seat in enumerate(seats, start=1)]
    return row


def _pattern(seats: Sequence[SeatDraft]) -> str | None:
    """Return the text that names all of these seats once their numbers stand in it, None if there is none."""
    first = seats[0].attributes.get("label")
    if not isinstance(first, str) or not first:
        return None
    number = seats[0].number
    candidates = [first.replace(number, "%s"), first] if number else [first]
    for pattern in candidates:
        if len(pattern) <= SEAT_LABEL_LENGTH_MAX and all(
            seat.attributes.get("label") == pattern.replace("%s", seat.number)[:SEAT_LABEL_LENGTH_MAX] for seat in seats
        ):
            return pattern
    return None


def _seat(seat: SeatDraft, column: int, pattern: str | None, origin: tuple[float, float]) -> _Members:
    members: _Members = {
        "seat_guid": seat.guid,
        "seat_number": seat.number,
        "position": _position(seat.x - origin[0], seat.y - origin[1]),
        "category": seat.category or "",
    }
    rest = dict(seat.attributes)
    if isinstance(radius := rest.get("radius"), int | float):
        members["radius"] = _number(radius)
        del rest["radius"]
    if isinstance(direction := rest.get("startDirection"), str) and 0 < len(direction) <= 2:
        members["start_direction"] = direction
        del rest["startDirection"]
    if pattern is not None:
        del rest["label"]
    if ours := _seat_extension(seat, column, rest, origin):
        members[EXTENSION] = ours
    return members


def _seat_extension(
    seat: SeatDraft, column: int, attributes: Mapping[str, str | float], origin: tuple[float, float]
) -> _Members:
    ours: _Members = {}
    if seat.label != ((f"{seat.row}-{seat.number}" if seat.row else seat.number) or seat.guid[:SEAT_LABEL_LENGTH_MAX]):
        ours["label"] = seat.label
    if seat.column != column:
        ours["column"] = seat.column
    if (origin[0] + (seat.x - origin[0]), origin[1] + (seat.y - origin[1])) != (seat.x, seat.y):
        ours["position"] = _position(seat.x, seat.y)  # the sum of the two would be a little off
    if seat.table is not None:
        ours["table"] = seat.table.name
    if attributes:
        ours["attributes"] = {
            name: True if name in FLAGS else _number(value) if isinstance(value, int | float) else value
            for name, value in attributes.items()
        }
    return ours


def _position(x: float, y: float) -> dict[str, float]:
    return {"x": _number(x), "y": _number(y)}


def _number(value: float) -> float:
    """Return whole numbers without a point, which makes large documents shorter."""
    return int(value) if value == int(value) else value

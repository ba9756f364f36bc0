"""Reads the seating-plan format: zones of rows of seats, with categories and areas.

The format is the open one that several seating editors write (version 0.0.1: `name`, `size`, `categories`, `zones`).
Positions add up: a seat stands at its zone's plus its row's plus its own. What we do not know is reported and left out,
so that a newer editor's files still load; what would make the plan wrong to sell from is an error. A member of our own,
`accessible`, keeps a seat for those who ask for an accessible one.
"""

from dataclasses import dataclass

from core.seating.errors import InvalidPlanError
from core.seating.layout import (
    CATEGORIES_MAX,
    GUID_LENGTH_MAX,
    ROW_LABEL_LENGTH_MAX,
    SEAT_LABEL_LENGTH_MAX,
    SEAT_NUMBER_LENGTH_MAX,
    SEATS_MAX,
    SECTION_NAME_LENGTH_MAX,
    SECTIONS_MAX,
    LayoutDraft,
    SeatDraft,
    SectionDraft,
    in_natural_order,
)
from core.seating.plan_reading import Cursor, Findings
from core.seating.plans import ACCESSIBLE, Category, Report

AREAS_MAX = 5_000
_COLOR_LENGTH_MAX = 40

_PLAN = frozenset({"name", "zones", "categories", "size"})
_ZONE = frozenset({"name", "zone_id", "uuid", "position", "rows", "areas"})
_ROW = frozenset({"row_number", "row_label", "seat_label", "uuid", "seats", "row_number_position", "position"})
_SEAT = frozenset(
    {"seat_guid", "seat_number", "uuid", "start_direction", "radius", "position", "category", "accessible"}
)
_SHAPES = frozenset({"polygon", "rectangle", "ellipse", "circle", "text"})
_AREA = _SHAPES | {"color", "border_color", "rotation", "position", "uuid", "shape"}


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """A layout that may be sold from, and what looked odd on the way."""

    name: str
    draft: LayoutDraft
    report: Report


def read_plan(document: object, *, pointer: str = "/source/plan") -> ImportedPlan:
    """Read a decoded plan; raises InvalidPlanError with a problem for each fault, pointing into the document."""
    findings = Findings()
    reader = _Reader(findings)
    imported = reader.plan(Cursor(document, pointer, findings))
    report = Report.of(findings.errors, findings.warnings)
    if report.errors:
        raise InvalidPlanError(f"The seating plan has {len(findings.errors)} faults.", report.errors)
    name, draft = imported
    return ImportedPlan(name, in_natural_order(draft), report)


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._guids: dict[str, str] = {}
        self._uuids: dict[str, str] = {}
        self._categories: dict[str, Category] = {}
        self._zone_names: set[str] = set()
        self._areas: list[object] = []
        self._seats_count = 0

    def plan(self, plan: Cursor) -> tuple[str, LayoutDraft]:
        plan.only(_PLAN)
        name = plan.text("name", length_max=SECTION_NAME_LENGTH_MAX)
        for category in plan.items("categories", items_max=CATEGORIES_MAX):
            self._category(category)
        size = plan.optional_object("size")
        drawing: dict[str, object] = {}
        if size is not None:
            size.only(frozenset({"width", "height"}))
            drawing["size"] = {"width": size.number("width"), "height": size.number("height")}
        sections = [self._zone(zone, index) for index, zone in enumerate(plan.items("zones", items_max=SECTIONS_MAX))]
        if not self._seats_count:
            plan.error("zones", "The plan has no seats.")
        if self._seats_count > SEATS_MAX:
            plan.error("zones", f"A plan has at most {SEATS_MAX} seats, and this one has {self._seats_count}.")
        drawing["areas"] = self._areas
        categories = tuple(self._categories.values())
        return name, LayoutDraft(sections=tuple(sections), categories=categories, drawing=drawing)

    def _category(self, category: Cursor) -> None:
        category.only(frozenset({"name", "color"}))
        name = category.text("name", length_max=SECTION_NAME_LENGTH_MAX)
        if name in self._categories:
            category.error("name", f"Category {name!r} is there twice.")
        self._categories[name] = Category(name, category.optional_text("color", length_max=_COLOR_LENGTH_MAX))

    def _zone(self, zone: Cursor, index: int) -> SectionDraft:
        zone.only(_ZONE)
        self._unique_uuid(zone)
        zone_id = zone.optional_text("zone_id", length_max=SECTION_NAME_LENGTH_MAX)
        name = zone.optional_text("name", length_max=SECTION_NAME_LENGTH_MAX) or zone_id or f"Zone {index + 1}"
        if name in self._zone_names:
            zone.warning("name", f"There are two zones called {name!r}.")
        self._zone_names.add(name)
        origin = zone.position("position")
        for area in zone.optional_items("areas", items_max=AREAS_MAX):
            self._area(area, name, origin)
        seats: list[SeatDraft] = []
        columns = rows = 0
        row_labels: set[str] = set()
        for row in zone.items("rows", items_max=SEATS_MAX):
            found = self._row(row, origin)
            rows += 1
            columns = max(columns, len(found))
            if found and found[0].row in row_labels:
                row.warning("row_number", f"Zone {name!r} has two rows called {found[0].row!r}.")
            row_labels.update(seat.row for seat in found)
            seats.extend(found)
        return SectionDraft(name=name, row_count=rows, column_count=columns, seats=tuple(seats))

    def _row(self, row: Cursor, origin: tuple[float, float]) -> list[SeatDraft]:
        row.only(_ROW)
        self._unique_uuid(row)
        number = row.text("row_number", length_max=ROW_LABEL_LENGTH_MAX, may_be_empty=True)
        label = row.optional_text("row_label", length_max=ROW_LABEL_LENGTH_MAX) or number
        seat_label = row.optional_text("seat_label", length_max=SEAT_LABEL_LENGTH_MAX)
        dx, dy = row.optional_position("position")
        start = (origin[0] + dx, origin[1] + dy)
        seats = [
            self._seat(seat, column, label, seat_label, start)
            for column, seat in enumerate(row.items("seats", items_max=SEATS_MAX), start=1)
        ]
        self._seats_count += len(seats)
        return seats

    def _seat(self, seat: Cursor, column: int, row: str, pattern: str | None, start: tuple[float, float]) -> SeatDraft:
        seat.only(_SEAT)
        self._unique_uuid(seat)
        guid = seat.text("seat_guid", length_max=GUID_LENGTH_MAX)
        if guid in self._guids:
            seat.error("seat_guid", f"Seat id {guid!r} is used twice, first at {self._guids[guid]}.")
        elif guid:
            self._guids[guid] = seat.pointer
        number = seat.text("seat_number", length_max=SEAT_NUMBER_LENGTH_MAX, may_be_empty=True)
        category = seat.text("category", length_max=SECTION_NAME_LENGTH_MAX, may_be_empty=True)
        if category and category not in self._categories:
            seat.error("category", f"Seat {guid!r} is in the category {category!r}, which the plan does not define.")
        dx, dy = seat.position("position")
        attributes: dict[str, str | float] = {}
        if (radius := seat.optional_number("radius")) is not None:
            attributes["radius"] = radius
        if direction := seat.optional_text("start_direction", length_max=2):
            attributes["startDirection"] = direction
        if seat.optional_flag("accessible"):
            attributes[ACCESSIBLE] = "yes"
        label = f"{row}-{number}" if row else number
        if pattern:
            named = pattern.replace("%s", number)
            attributes["label"] = named[:SEAT_LABEL_LENGTH_MAX]
        return SeatDraft(
            guid=guid,
            label=label or guid,
            row=row,
            number=number,
            column=column,
            category=category or None,
            x=start[0] + dx,
            y=start[1] + dy,
            attributes=attributes,
        )

    def _area(self, area: Cursor, zone: str, origin: tuple[float, float]) -> None:
        area.only(_AREA)
        self._unique_uuid(area)
        kept = {member: value for member, value in area.members.items() if member in _AREA}
        self._areas.append({"section": zone, "origin": {"x": origin[0], "y": origin[1]}, "shape": kept})

    def _unique_uuid(self, thing: Cursor) -> None:
        """The format asks that no two objects share a uuid; we do not use it, so a double one is only odd."""
        uuid = thing.optional_text("uuid", length_max=GUID_LENGTH_MAX)
        if not uuid:
            return
        first = self._uuids.setdefault(uuid, thing.pointer)
        if first != thing.pointer:
            thing.warning("uuid", f"The uuid {uuid} is used twice, first at {first}.")

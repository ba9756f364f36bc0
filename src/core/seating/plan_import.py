"""Reads the seating-plan format: zones of rows of seats, with categories and areas.

The format is the open one that several seating editors write (version 0.0.1: `name`, `size`, `categories`, `zones`).
Each zone becomes a section. Positions add up: a seat stands at its zone's plus its row's plus its own. What we do not
know is reported and left out, so that a newer editor's files still load; what would make the plan wrong to sell from is
an error. A seat's `accessible` is a member of our own; what else the format cannot say stands in `x-fairseat`.
"""

from dataclasses import dataclass, replace

from core.seating.areas import AREAS_MAX, area_of
from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.companions import CompanionCheck
from core.seating.drawn import Category
from core.seating.errors import InvalidPlanError
from core.seating.layout import (
    CATEGORIES_MAX,
    GUID_LENGTH_MAX,
    PLAN_NAME_LENGTH_MAX,
    ROW_LABEL_LENGTH_MAX,
    SEAT_LABEL_LENGTH_MAX,
    SEAT_NUMBER_LENGTH_MAX,
    SEATS_MAX,
    SECTION_NAME_LENGTH_MAX,
    SECTIONS_MAX,
    TABLE_NAME_LENGTH_MAX,
    LayoutDraft,
    SeatDraft,
    SectionDraft,
    extent_of,
    natural_order,
    rows_in_order,
)
from core.seating.places import SectionKind, Table
from core.seating.plan_extension import EXTENSION, ZoneExtension, attributes_of, plan_extension, zone_extension
from core.seating.plan_reading import Cursor, Findings
from core.seating.plans import ACCESSIBLE
from core.seating.reports import Report

SIZE_MARGIN = 25.0
"""What a plan without a size has around its seats."""

_COLOR_LENGTH_MAX = 40

_PLAN = frozenset({"name", "zones", "categories", "size", EXTENSION})
_ZONE = frozenset({"name", "zone_id", "uuid", "position", "rows", "areas", EXTENSION})
_ROW = frozenset({"row_number", "row_label", "seat_label", "uuid", "seats", "row_number_position", "position"})
_SEAT = frozenset(
    {"seat_guid", "seat_number", "uuid", "start_direction", "radius", "position", "category", "accessible", EXTENSION}
)
_SEAT_EXTENSION = frozenset({"label", "column", "position", "table", "attributes"})


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
    name, draft = reader.plan(Cursor(document, pointer, findings))
    report = Report.of(findings.errors, findings.warnings)
    if report.errors:
        raise InvalidPlanError(f"The seating plan has {len(findings.errors)} faults.", report.errors)
    return ImportedPlan(name, draft, report)


@dataclass(frozen=True, slots=True)
class _Zone:
    """A section, and what its drawing needs that seats do not tell."""

    section: SectionDraft
    drawing: dict[str, object]
    origin: tuple[float, float]
    areas: list[dict[str, object]]


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._guids: dict[str, str] = {}
        self._uuids: dict[str, str] = {}
        self._categories: dict[str, Category] = {}
        self._zone_names: set[str] = set()
        self._companions = CompanionCheck(findings)
        self._seats_count = 0

    def plan(self, plan: Cursor) -> tuple[str, LayoutDraft]:
        plan.only(_PLAN)
        name = plan.text("name", length_max=PLAN_NAME_LENGTH_MAX)
        ours = plan_extension(plan)
        for category in plan.items("categories", items_max=CATEGORIES_MAX):
            self._category(category)
        size = _size(plan)
        zones = [self._zone(zone, index) for index, zone in enumerate(plan.items("zones", items_max=SECTIONS_MAX))]
        if not self._seats_count:
            plan.error("zones", "The plan has no seats.")
        if self._seats_count > SEATS_MAX:
            plan.error("zones", f"A plan has at most {SEATS_MAX} seats, and this one has {self._seats_count}.")
        self._companions.finish(self._guids)
        if not ours.ordered and not self._findings.errors:
            order = natural_order([zone.section for zone in zones])
            zones = [replace(zones[at], section=rows_in_order(zones[at].section)) for at in order]
        sections = tuple(zone.section for zone in zones)
        drawing = _drawing(size or extent_of((s for each in sections for s in each.seats), margin=SIZE_MARGIN), zones)
        categories = tuple(self._categories.values())
        return name, LayoutDraft(sections=sections, categories=categories, drawing=drawing, focus=ours.focus)

    def _category(self, category: Cursor) -> None:
        category.only(frozenset({"name", "color"}))
        name = category.text("name", length_max=SECTION_NAME_LENGTH_MAX)
        if name in self._categories:
            category.error("name", f"Category {name!r} is there twice.")
        self._categories[name] = Category(name, category.optional_text("color", length_max=_COLOR_LENGTH_MAX))

    def _zone(self, zone: Cursor, index: int) -> _Zone:
        zone.only(_ZONE)
        self._unique_uuid(zone)
        zone_id = zone.optional_text("zone_id", length_max=SECTION_NAME_LENGTH_MAX)
        name = zone.optional_text("name", length_max=SECTION_NAME_LENGTH_MAX) or zone_id or f"Zone {index + 1}"
        if name in self._zone_names:
            zone.warning("name", f"There are two zones called {name!r}.")
        self._zone_names.add(name)
        ours = zone_extension(zone)
        origin = zone.position("position")
        areas: list[dict[str, object]] = []
        for area in zone.optional_items("areas", items_max=AREAS_MAX):
            self._unique_uuid(area)
            areas.append(area_of(area))
        seats, rows = self._rows(zone, name, ours, origin)
        drawing: dict[str, object] = {"rows": rows} if rows else {}
        if zone_id:
            drawing["id"] = zone_id
        if origin != (0, 0):
            drawing["position"] = {"x": origin[0], "y": origin[1]}
        section = SectionDraft(
            name=name,
            seats=tuple(seats),
            floor=ours.floor,
            zone=ours.zone,
            kind=ours.kind,
            capacity=ours.capacity,
            ticket_id=ours.ticket_id,
        )
        return _Zone(section, drawing, origin, areas)

    def _rows(
        self, zone: Cursor, name: str, ours: ZoneExtension, origin: tuple[float, float]
    ) -> tuple[list[SeatDraft], dict[str, object]]:
        """Return the zone's seats, and by label what the drawing of a row needs."""
        seats: list[SeatDraft] = []
        drawings: dict[str, object] = {}
        labels: set[str] = set()
        tables = dict(ours.tables)
        for row in zone.items("rows", items_max=SEATS_MAX):
            label, drawing, found = self._row(row, origin, tables)
            if found and label in labels:
                row.warning("row_number", f"Zone {name!r} has two rows called {label!r}.")
            if found and drawing:
                drawings.setdefault(label, drawing)
            labels.add(label)
            seats.extend(found)
        used = {seat.table.name for seat in seats if seat.table is not None}
        for table in sorted(ours.tables.keys() - used):
            zone.warning(EXTENSION, f"Table {table!r} has no seats.")
        if ours.kind is SectionKind.SEATED:
            self._seats_count += len(seats)
        return seats, drawings

    def _row(
        self, row: Cursor, origin: tuple[float, float], tables: dict[str, Table]
    ) -> tuple[str, dict[str, object], list[SeatDraft]]:
        row.only(_ROW)
        self._unique_uuid(row)
        number = row.text("row_number", length_max=ROW_LABEL_LENGTH_MAX, may_be_empty=True)
        label = row.optional_text("row_label", length_max=ROW_LABEL_LENGTH_MAX) or number
        pattern = row.optional_text("seat_label", length_max=SEAT_LABEL_LENGTH_MAX)
        shown = row.optional_choice("row_number_position", frozenset({"start", "end", "both"}))
        drawing: dict[str, object] = {"number": number} if label != number else {}
        if shown:
            drawing["numberPosition"] = shown
        dx, dy = row.optional_position("position")
        start = (origin[0] + dx, origin[1] + dy)
        seats = [
            self._seat(seat, column, label, pattern, start, tables)
            for column, seat in enumerate(row.items("seats", items_max=SEATS_MAX), start=1)
        ]
        return label, drawing, seats

    def _seat(
        self,
        seat: Cursor,
        column: int,
        row: str,
        pattern: str | None,
        start: tuple[float, float],
        tables: dict[str, Table],
    ) -> SeatDraft:
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
        attributes = _attributes_of_members(seat)
        if pattern:
            attributes["label"] = pattern.replace("%s", number)[:SEAT_LABEL_LENGTH_MAX]
        draft = SeatDraft(
            guid=guid,
            label=(f"{row}-{number}" if row else number) or guid[:SEAT_LABEL_LENGTH_MAX],
            row=row,
            number=number,
            column=column,
            category=category or None,
            x=start[0] + dx,
            y=start[1] + dy,
            attributes=attributes,
        )
        ours = seat.optional_object(EXTENSION)
        if ours is not None:
            draft = _extended(draft, ours, tables)
        if ACCESSIBLE in draft.attributes:
            self._companions.place(guid, seat.pointer)
        if COMPANION in draft.attributes:
            self._companions.companion(guid, seat.pointer, of=draft.attributes.get(COMPANION_OF))
        return draft

    def _unique_uuid(self, thing: Cursor) -> None:
        """The format asks that no two objects share a uuid; we do not use it, so a double one is only odd."""
        uuid = thing.optional_text("uuid", length_max=GUID_LENGTH_MAX)
        if not uuid:
            return
        first = self._uuids.setdefault(uuid, thing.pointer)
        if first != thing.pointer:
            thing.warning("uuid", f"The uuid {uuid} is used twice, first at {first}.")


def _size(plan: Cursor) -> dict[str, float] | None:
    size = plan.optional_object("size")
    if size is None:
        return None
    size.only(frozenset({"width", "height"}))
    return {"width": size.number("width"), "height": size.number("height")}


def _drawing(size: dict[str, float], zones: list[_Zone]) -> dict[str, object]:
    areas = [
        {"section": zone.section.name, "zone": at, "origin": {"x": zone.origin[0], "y": zone.origin[1]}, "shape": shape}
        for at, zone in enumerate(zones)
        for shape in zone.areas
    ]
    drawing: dict[str, object] = {"size": size, "areas": areas}
    if any(zone.drawing for zone in zones):
        drawing["zones"] = [zone.drawing for zone in zones]
    return drawing


def _attributes_of_members(seat: Cursor) -> dict[str, str | float]:
    attributes: dict[str, str | float] = {}
    if (radius := seat.optional_number("radius")) is not None:
        attributes["radius"] = radius
    if direction := seat.optional_text("start_direction", length_max=2):
        attributes["startDirection"] = direction
    if seat.optional_flag("accessible"):
        attributes[ACCESSIBLE] = YES
    return attributes


def _extended(draft: SeatDraft, ours: Cursor, tables: dict[str, Table]) -> SeatDraft:
    """Return the seat with what `x-fairseat` says of it."""
    ours.only(_SEAT_EXTENSION)
    label = ours.optional_text("label", length_max=SEAT_LABEL_LENGTH_MAX)
    column = ours.optional_integer("column", least=1, most=SEATS_MAX)
    x, y = ours.optional_position("position") if ours.members.get("position") is not None else (draft.x, draft.y)
    table = ours.optional_text("table", length_max=TABLE_NAME_LENGTH_MAX)
    return replace(
        draft,
        label=label or draft.label,
        column=column or draft.column,
        x=x,
        y=y,
        attributes={**draft.attributes, **attributes_of(ours)},
        table=tables.setdefault(table, Table(table)) if table else None,
    )

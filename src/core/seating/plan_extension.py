"""Reads what the seating-plan format has no member for: one member of ours, `x-fairseat`, in plan, zone and seat.

In the plan it may hold `focalPoint` ({x, y}) and `ordered` (zones and rows stand in the order of the hall, so that
they are not sorted). In a zone: `floor`, `zone`, `kind` (`seated` or `ga`), `capacity`, `ticketId`, and `tables` (each
with a `name`, and `sold` as `by_seat` or `whole`). In a seat: `label`, `column`, `position` (the exact place in the
plan), `table` and `attributes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from core.seating.attributes import (
    ATTRIBUTE_NAME_LENGTH_MAX,
    ATTRIBUTE_TEXT_LENGTH_MAX,
    ATTRIBUTES_MAX,
    COMPANION,
    COMPANION_OF,
    FLAGS,
    YES,
)
from core.seating.layout import (
    GA_CAPACITY_MAX,
    GUID_LENGTH_MAX,
    SEATS_MAX,
    SECTION_NAME_LENGTH_MAX,
    TABLE_NAME_LENGTH_MAX,
    is_coordinate,
)
from core.seating.places import Point, SectionKind, Table, TableSale
from core.seating.plan_reading import Cursor
from core.shared.ids import TicketId

EXTENSION = "x-fairseat"

_PLAN = frozenset({"focalPoint", "ordered"})
_ZONE = frozenset({"floor", "zone", "kind", "capacity", "ticketId", "tables"})
_TABLE = frozenset({"name", "sold"})


@dataclass(frozen=True, slots=True)
class PlanExtension:
    """What our member says of the plan."""

    focus: Point | None = None
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneExtension:
    """What our member says of a zone; tables that it does not name are sold by seat."""

    floor: str | None = None
    zone: str | None = None
    kind: SectionKind = SectionKind.SEATED
    capacity: int | None = None
    ticket_id: TicketId | None = None
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])


def plan_extension(plan: Cursor) -> PlanExtension:
    """Read the plan's own part."""
    ours = plan.optional_object(EXTENSION)
    if ours is None:
        return PlanExtension()
    ours.only(_PLAN)
    focus = Point(*ours.optional_position("focalPoint")) if ours.members.get("focalPoint") is not None else None
    return PlanExtension(focus, ours.optional_flag("ordered"))


def zone_extension(zone: Cursor) -> ZoneExtension:
    """Read a zone's part; a zone for general admission has a capacity and no rows."""
    ours = zone.optional_object(EXTENSION)
    if ours is None:
        return ZoneExtension()
    ours.only(_ZONE)
    floor = ours.optional_text("floor", length_max=SECTION_NAME_LENGTH_MAX) or None
    parent = ours.optional_text("zone", length_max=SECTION_NAME_LENGTH_MAX) or None
    kind = ours.optional_choice("kind", frozenset(SectionKind)) or SectionKind.SEATED
    capacity = ours.optional_integer("capacity", least=1, most=GA_CAPACITY_MAX)
    ticket_id = _ticket_id(ours)
    if kind == SectionKind.GA:
        if capacity is None:
            ours.error("capacity", "A zone for general admission says how many people it takes.")
        if zone.members.get("rows"):
            zone.error("rows", "A zone for general admission has no rows of seats.")
    else:
        for member in ("capacity", "ticketId"):
            if ours.members.get(member) is not None:
                ours.error(member, f"Only a zone for general admission has a {member}.")
    tables = _tables(ours)
    return ZoneExtension(
        floor=floor, zone=parent, kind=SectionKind(kind), capacity=capacity, ticket_id=ticket_id, tables=tables
    )


def _ticket_id(ours: Cursor) -> TicketId | None:
    text = ours.optional_text("ticketId", length_max=36)
    if not text:
        return None
    try:
        return TicketId(UUID(text))
    except ValueError:
        ours.error("ticketId", "The id of a ticket is a UUID.")
        return None


def _tables(ours: Cursor) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for table in ours.optional_items("tables", items_max=SEATS_MAX):
        table.only(_TABLE)
        name = table.text("name", length_max=TABLE_NAME_LENGTH_MAX)
        if name in tables:
            table.error("name", f"Table {name!r} is there twice.")
        sale = table.optional_choice("sold", frozenset(TableSale)) or TableSale.BY_SEAT
        tables[name] = Table(name, TableSale(sale))
    return tables


def attributes_of(ours: Cursor) -> dict[str, str | float]:
    """Read the attributes of a seat: flags are true or false, others a text, a number or true."""
    found = ours.optional_object("attributes")
    if found is None:
        return {}
    if len(found.members) > ATTRIBUTES_MAX:
        ours.error("attributes", f"A seat has at most {ATTRIBUTES_MAX} attributes.")
        return {}
    attributes: dict[str, str | float] = {}
    for name, value in found.members.items():
        if not name.isprintable() or not 0 < len(name) <= ATTRIBUTE_NAME_LENGTH_MAX:
            message = f"The name of an attribute has 1 to {ATTRIBUTE_NAME_LENGTH_MAX} printable characters."
            ours.error("attributes", message)
            continue
        kept = _attribute(found, name, value)
        if kept is not None:
            attributes[name] = kept
    if COMPANION_OF in attributes:
        attributes[COMPANION] = YES
    return attributes


def _attribute(found: Cursor, name: str, value: object) -> str | float | None:
    if name in FLAGS or isinstance(value, bool):
        return YES if found.optional_flag(name) else None
    if name == COMPANION_OF:
        return found.optional_text(name, length_max=GUID_LENGTH_MAX) or None
    if isinstance(value, int | float) and is_coordinate(value):
        return float(value)
    return found.text(name, length_max=ATTRIBUTE_TEXT_LENGTH_MAX, may_be_empty=True)

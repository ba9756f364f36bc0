"""Rows of seating, read and written: from columns to the core's types and back."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from core.seating.allotments import Allotment
from core.seating.drawn import Category
from core.seating.places import Point, SectionKind, Table, TableSale
from core.seating.plans import AssignmentMode, OrphanRule, PlannedSeat, PlanStatus, PricingMode, SeatingPlan, Section
from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.reservations import Reservation, ReservationSeat, ReservationStatus
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold, owner_of
from core.shared.errors import Problem
from core.shared.ids import ReservationId
from core.shared.money import Money
from ports.seating.plan_changes import RETIRED

PLAN_COLUMNS = """
    id, venue_id, ticket_id, name, status, assignment_mode, pricing_mode, orphan_rule, seats_max_per_order,
    max_per_user, price_minor, currency, hold_ttl_s, sections_count, seats_count, seats_without_tier,
    categories::text as categories, layout::text as layout, warnings::text as warnings, version, created_at, updated_at,
    seats_version, version_number, ga_capacity, focus_x, focus_y, accessible_releases_at, written_by, changing_by
"""
INSERT_PLAN = """
    insert into seating_plans (
        tenant_id, id, venue_id, ticket_id, name, status, assignment_mode, pricing_mode, orphan_rule,
        seats_max_per_order, max_per_user, price_minor, currency, hold_ttl_s, sections_count, seats_count,
        seats_without_tier, categories, layout, warnings, version, created_at, updated_at, seats_version,
        version_number, ga_capacity, focus_x, focus_y, accessible_releases_at, written_by,
        written_fence, changing_by)
"""
INSERT_VALUES = """
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::text::jsonb, $19::text::jsonb,
    $20::text::jsonb, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32
"""
SEAT_COLUMNS = """
    id, section_id, price_tier_id, guid, seat_label, row_label, seat_number, column_number, category, x, y,
    attributes::text as attributes, price_minor, table_name, table_sale, position
"""
STATE_COLUMNS = "coalesce(t.status, 'AVAILABLE') as status, t.reservation_id, t.held_until, t.block_reason"
STATES = "left join seat_states t on t.tenant_id = s.tenant_id and t.plan_id = s.plan_id and t.seat_id = s.id"
"""Whose each seat `s` is, for all seats of a plan; one without a row is available."""
WHOLE_PLAN = "set local enable_nestloop = {}"
"""Off, where states of a whole plan are joined: before statistics, PostgreSQL would read all states for each seat."""
STATE_OF_EACH = """
    left join lateral (
        select f.status, f.reservation_id, f.held_until, f.block_reason from seat_states f
         where f.tenant_id = s.tenant_id and f.plan_id = s.plan_id and f.seat_id = s.id limit 1) t on true
"""
"""The same for some seats: the limit lets each be looked up by its key, whatever is known of the table."""
LOCKING = """
    on conflict (tenant_id, plan_id, seat_id) do update set status = excluded.status where false
"""
"""Ends the statement that adds rows to `seat_states`, as AVAILABLE, by seat id: those that are there are locked."""
SECTION_COLUMNS = """
    id, name, row_count, column_count, display_order, price_tier_id, floor, zone, kind, capacity, ticket_id
"""
RESERVATION_COLUMNS = """
    id, plan_id, ticket_id, order_id, account_id, token_sha256, status, currency, hold_ttl_s, held_at, ceiling_at,
    expires_at, sold_at
"""

type Row = asyncpg.Record


def json_text(value: object) -> str:
    """Return the value as JSON, for a jsonb parameter."""
    return msgspec.json.encode(value).decode()


def plan_of(row: Row) -> SeatingPlan:
    return SeatingPlan(
        id=row["id"],
        venue_id=row["venue_id"],
        ticket_id=row["ticket_id"],
        name=row["name"],
        status=PlanStatus(row["status"]),
        assignment_mode=AssignmentMode(row["assignment_mode"]),
        pricing_mode=PricingMode(row["pricing_mode"]),
        orphan_rule=OrphanRule(row["orphan_rule"]),
        seats_max_per_order=row["seats_max_per_order"],
        max_per_user=row["max_per_user"],
        ticket_price=Money(row["price_minor"], row["currency"]),
        hold_ttl_s=row["hold_ttl_s"],
        sections_count=row["sections_count"],
        seats_count=row["seats_count"],
        seats_without_tier=row["seats_without_tier"],
        categories=msgspec.json.decode(row["categories"], type=tuple[Category, ...]),
        layout=msgspec.json.decode(row["layout"], type=dict[str, object]),
        warnings=msgspec.json.decode(row["warnings"], type=tuple[Problem, ...]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        seats_version=row["seats_version"],
        version_number=row["version_number"],
        ga_capacity=row["ga_capacity"],
        focus=Point(row["focus_x"], row["focus_y"]) if row["focus_x"] is not None else None,
        accessible_releases_at=row["accessible_releases_at"],
        written_by=row["written_by"],
        changing_by=row["changing_by"],
    )


def plan_values(plan: SeatingPlan, *, fence: int | None = None) -> tuple[object, ...]:
    """Return the values of PLAN_COLUMNS in their order, and the fence of the worker that writes the plan."""
    return (
        plan.id,
        plan.venue_id,
        plan.ticket_id,
        plan.name,
        plan.status.value,
        plan.assignment_mode.value,
        plan.pricing_mode.value,
        plan.orphan_rule.value,
        plan.seats_max_per_order,
        plan.max_per_user,
        plan.ticket_price.amount_minor,
        plan.ticket_price.currency,
        plan.hold_ttl_s,
        plan.sections_count,
        plan.seats_count,
        plan.seats_without_tier,
        json_text(plan.categories),
        json_text(plan.layout),
        json_text(plan.warnings),
        plan.version,
        plan.created_at,
        plan.updated_at,
        plan.seats_version,
        plan.version_number,
        plan.ga_capacity,
        plan.focus.x if plan.focus is not None else None,
        plan.focus.y if plan.focus is not None else None,
        plan.accessible_releases_at,
        plan.written_by,
        fence,
        plan.changing_by,
    )


def section_of(row: Row) -> Section:
    return Section(
        id=row["id"],
        name=row["name"],
        row_count=row["row_count"],
        column_count=row["column_count"],
        display_order=row["display_order"],
        price_tier_id=row["price_tier_id"],
        floor=row["floor"],
        zone=row["zone"],
        kind=SectionKind(row["kind"]),
        capacity=row["capacity"],
        ticket_id=row["ticket_id"],
    )


def tier_of(row: Row) -> PriceTier:
    currency = row["currency"]
    changes = zip(row["changes_at"], row["changes_minor"], strict=True)
    return PriceTier(
        row["id"],
        row["name"],
        Money(row["price_minor"], currency),
        tuple(PriceChange(at, Money(price_minor, currency)) for at, price_minor in changes),
    )


def allotment_of(row: Row) -> Allotment:
    return Allotment(
        id=row["id"],
        name=row["name"],
        seat_ids=tuple(row["seat_ids"]),
        codes=frozenset(row["codes"]),
        account_ids=frozenset(row["account_ids"]),
        releases_at=row["releases_at"],
    )


def planned_seat_of(row: Row) -> PlannedSeat:
    attributes, table = row["attributes"], row["table_name"]
    return PlannedSeat(
        id=row["id"],
        section_id=row["section_id"],
        guid=row["guid"],
        label=row["seat_label"],
        row=row["row_label"],
        number=row["seat_number"],
        column=row["column_number"],
        category=row["category"],
        x=row["x"],
        y=row["y"],
        price_minor=row["price_minor"],
        price_tier_id=row["price_tier_id"],
        attributes=msgspec.json.decode(attributes, type=dict[str, str | float]) if attributes != "{}" else {},
        table=Table(table, TableSale(row["table_sale"])) if table is not None else None,
        position=row["position"],
    )


def state_of(row: Row) -> SeatState:
    match row["status"]:
        case "AVAILABLE":
            return Available()
        case "HELD":
            return Held(row["reservation_id"], row["held_until"])
        case "RESERVED":
            return Reserved(row["reservation_id"], row["held_until"])
        case "SOLD":
            return Sold(row["reservation_id"])
        case "BLOCKED":
            return Blocked(row["block_reason"] or "", row["held_until"])
        case "RETIRED":
            return Blocked(RETIRED)
        case status:
            raise ValueError(f"seat {row['id']} has the unknown status {status!r}")


def columns_of(state: SeatState) -> tuple[str, datetime | None, str | None, ReservationId | None]:
    """Return the columns `status`, `held_until`, `block_reason` and `reservation_id` of a seat."""
    owner = owner_of(state)
    match state:
        case Available():
            return "AVAILABLE", None, None, owner
        case Held(until=until):
            return "HELD", until, None, owner
        case Reserved(until=until):
            return "RESERVED", until, None, owner
        case Sold():
            return "SOLD", None, None, owner
        case Blocked(reason=reason, until=until):
            return "BLOCKED", until, reason, owner


def reservation_of(row: Row, seats: Sequence[Row]) -> Reservation:
    """Return the entry with its items; those of a sale that are not sold were given back one by one."""
    status = ReservationStatus(row["status"])
    sold = status is ReservationStatus.SOLD
    return Reservation(
        id=row["id"],
        plan_id=row["plan_id"],
        ticket_id=row["ticket_id"],
        account_id=row["account_id"],
        token_sha256=row["token_sha256"],
        status=status,
        seats=tuple(reservation_seat_of(seat) for seat in seats),
        currency=row["currency"],
        hold_ttl_s=row["hold_ttl_s"],
        held_at=row["held_at"],
        ceiling_at=row["ceiling_at"],
        expires_at=row["expires_at"],
        order_id=row["order_id"],
        sold_at=row["sold_at"],
        returned=frozenset(seat["seat_id"] for seat in seats if sold and not seat["sold"]),
    )


def reservation_seat_of(row: Row) -> ReservationSeat:
    return ReservationSeat(
        seat_id=row["seat_id"],
        section_id=row["section_id"],
        label=row["seat_label"],
        section=row["section"],
        row=row["row_label"],
        number=row["seat_number"],
        column=row["column_number"],
        price_minor=row["price_minor"],
    )

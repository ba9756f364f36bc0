"""venue_db: seating plans with their sections, seats and prices, and the ledger of reservations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables import venue_db
from adapters.postgres.tables.messaging import currency_column


def _plans(metadata: MetaData) -> None:
    plans = Table(
        "seating_plans",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("venue_id", Uuid, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("name", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("assignment_mode", Text, nullable=False),
        Column("pricing_mode", Text, nullable=False),
        Column("orphan_rule", Text, nullable=False),
        Column("seats_max_per_order", Integer, nullable=False),
        Column("max_per_user", Integer, nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        currency_column(),
        Column("hold_ttl_s", Integer, nullable=False),
        Column("sections_count", Integer, nullable=False),
        Column("seats_count", Integer, nullable=False),
        Column("seats_without_tier", Integer, nullable=False),
        Column("categories", JSONB, nullable=False),
        Column("layout", JSONB, nullable=False),
        Column("warnings", JSONB, nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("seats_version", Integer, nullable=False, server_default=text("1")),
        Column("version_number", Integer),
        Column("ga_capacity", Integer, nullable=False, server_default=text("0")),
        Column("focus_x", Double),
        Column("focus_y", Double),
        Column("accessible_releases_at", DateTime(timezone=True)),
        Column("written_by", Uuid),
        Column("written_fence", BigInteger),
        Column("changing_by", Uuid),
        PrimaryKeyConstraint("tenant_id", "id", name="seating_plans_pkey"),
        CheckConstraint("status in ('draft', 'active', 'inactive')", name="seating_plans_status"),
        CheckConstraint("price_minor >= 0", name="seating_plans_price"),
        CheckConstraint("(version_number is null) = (status = 'draft')", name="seating_plans_published"),
        CheckConstraint("version_number >= 1", name="seating_plans_version_number"),
        CheckConstraint("(focus_x is null) = (focus_y is null)", name="seating_plans_focus"),
        CheckConstraint(
            "written_by is null or (written_fence is not null and status = 'draft')",
            name="seating_plans_written",
        ),
    )
    Index(
        "seating_plans_one_active",
        plans.c.tenant_id,
        plans.c.ticket_id,
        unique=True,
        postgresql_where=text("status = 'active'"),
    )
    Index(
        "seating_plans_numbers",
        plans.c.tenant_id,
        plans.c.ticket_id,
        plans.c.version_number,
        unique=True,
        postgresql_where=text("version_number is not null"),
    )
    Table(
        "price_tiers",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("name", Text, nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        currency_column(),
        Column("position", Integer, nullable=False),
        Column("changes_at", ARRAY(DateTime(timezone=True)), nullable=False, server_default=text("'{}'")),
        Column("changes_minor", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
        PrimaryKeyConstraint("tenant_id", "id", name="price_tiers_pkey"),
        UniqueConstraint("tenant_id", "plan_id", "name", name="price_tiers_name"),
        CheckConstraint("price_minor >= 0", name="price_tiers_price"),
        CheckConstraint(
            "cardinality(changes_at) = cardinality(changes_minor) and 0 <= all (changes_minor)"
            " and array_position(changes_at, null) is null and array_position(changes_minor, null) is null",
            name="price_tiers_changes",
        ),
    )


# `seats.price_minor` is the price before any change of the tier's. What a hold costs is told by its own moment.
def _seats(metadata: MetaData) -> None:
    sections = Table(
        "sections",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("name", Text, nullable=False),
        Column("row_count", Integer, nullable=False),
        Column("column_count", Integer, nullable=False),
        Column("display_order", Integer, nullable=False),
        Column("price_tier_id", Uuid),
        Column("floor", Text),
        Column("zone", Text),
        Column("kind", Text, nullable=False, server_default=text("'seated'")),
        Column("capacity", Integer),
        Column("ticket_id", Uuid),
        Column("retired_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="sections_pkey"),
        CheckConstraint("kind in ('seated', 'ga')", name="sections_kind"),
        CheckConstraint("(capacity is not null) = (kind = 'ga') and capacity >= 1", name="sections_capacity"),
        CheckConstraint("ticket_id is null or kind = 'ga'", name="sections_ticket"),
    )
    Index("sections_of_plan", sections.c.tenant_id, sections.c.plan_id, sections.c.display_order)
    Table(
        "seats",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("section_id", Uuid, nullable=False),
        Column("price_tier_id", Uuid),
        Column("guid", Text, nullable=False),
        Column("seat_label", Text, nullable=False),
        Column("row_label", Text, nullable=False),
        Column("seat_number", Text, nullable=False),
        Column("column_number", Integer, nullable=False),
        Column("category", Text),
        Column("x", Double, nullable=False),
        Column("y", Double, nullable=False),
        Column("attributes", JSONB, nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        Column("table_name", Text),
        Column("table_sale", Text),
        Column("position", Integer),
        Column("retired_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="seats_pkey"),
        UniqueConstraint("tenant_id", "plan_id", "guid", name="seats_guid"),
        CheckConstraint(
            "(table_name is null) = (table_sale is null) and table_sale in ('by_seat', 'whole')", name="seats_table"
        ),
        CheckConstraint("price_minor >= 0", name="seats_price"),
        postgresql_with={"fillfactor": 90},
    )
    Table(
        "seat_states",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("seat_id", Uuid, nullable=False),
        Column("status", Text, nullable=False),
        Column("reservation_id", Uuid),
        Column("held_until", DateTime(timezone=True)),
        Column("block_reason", Text),
        PrimaryKeyConstraint("tenant_id", "plan_id", "seat_id", name="seat_states_pkey"),
        CheckConstraint(
            "case status when 'SOLD' then reservation_id is not null and held_until is null and block_reason is null"
            " when 'HELD' then reservation_id is not null and held_until is not null and block_reason is null"
            " when 'RESERVED' then reservation_id is not null and held_until is not null and block_reason is null"
            " when 'AVAILABLE' then reservation_id is null and held_until is null and block_reason is null"
            " when 'RETIRED' then reservation_id is null and held_until is null and block_reason is null"
            " when 'BLOCKED' then reservation_id is null and block_reason is not null else false end",
            name="seat_states_status",
        ),
        postgresql_with={"fillfactor": 80},
    )


def _ledger(metadata: MetaData) -> None:
    reservations = Table(
        "seat_reservations",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("order_id", Uuid),
        Column("account_id", Uuid, nullable=False),
        Column("token_sha256", LargeBinary, nullable=False),
        Column("status", Text, nullable=False),
        Column("seats_count", Integer, nullable=False),
        currency_column(),
        Column("hold_ttl_s", Integer, nullable=False),
        Column("held_at", DateTime(timezone=True), nullable=False),
        Column("ceiling_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Column("sold_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="seat_reservations_pkey"),
        CheckConstraint(
            "case status"
            " when 'HELD' then order_id is null and expires_at <= ceiling_at"
            " when 'RESERVED' then order_id is not null"
            " when 'SOLD' then order_id is not null and sold_at is not null"
            " when 'RELEASED' then true when 'EXPIRED' then true else false end",
            name="seat_reservations_status",
        ),
        CheckConstraint("seats_count > 0", name="seat_reservations_seats"),
    )
    Index(
        "seat_reservations_of_account",
        reservations.c.tenant_id,
        reservations.c.plan_id,
        reservations.c.account_id,
    )
    Index(
        "seat_reservations_due",
        reservations.c.tenant_id,
        reservations.c.expires_at,
        postgresql_where=text("status in ('HELD', 'RESERVED')"),
    )
    items = Table(
        "seat_reservation_items",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("reservation_id", Uuid, nullable=False),
        Column("seat_id", Uuid, nullable=False),
        Column("section_id", Uuid, nullable=False),
        Column("seat_label", Text, nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        Column("sold", Boolean, nullable=False, server_default=text("false")),
        PrimaryKeyConstraint("tenant_id", "reservation_id", "seat_id", name="seat_reservation_items_pkey"),
        CheckConstraint("price_minor >= 0", name="seat_reservation_items_price"),
    )
    Index(
        "seat_reservation_items_one_sale",
        items.c.tenant_id,
        items.c.seat_id,
        unique=True,
        postgresql_where=text("sold"),
    )


def _audit(metadata: MetaData) -> None:
    Table(
        "seat_audit",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("seat_id", Uuid, nullable=False),
        Column("id", BigInteger, Identity(always=True), nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("deed", Text, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("reason", Text),
        Column("until", DateTime(timezone=True)),
        Column("at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "seat_id", "id", name="seat_audit_pkey"),
        CheckConstraint(
            "deed in ('blocked', 'unblocked', 'allotted', 'released', 'held_for', 'returned', 'release_set')",
            name="seat_audit_deed",
        ),
        CheckConstraint("reason is not null or deed <> 'blocked'", name="seat_audit_reason"),
    )


def _allotments(metadata: MetaData) -> None:
    Table(
        "allotments",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("plan_id", Uuid, nullable=False),
        Column("name", Text, nullable=False),
        Column("seat_ids", ARRAY(Uuid), nullable=False),
        Column("codes", ARRAY(LargeBinary), nullable=False),
        Column("account_ids", ARRAY(Uuid), nullable=False),
        Column("releases_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="allotments_pkey"),
        UniqueConstraint("tenant_id", "plan_id", "name", name="allotments_name"),
    )


metadata = venue_db.metadata
_plans(metadata)
_seats(metadata)
_ledger(metadata)
_audit(metadata)
_allotments(metadata)

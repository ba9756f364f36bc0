"""admission_db: passes, what was heard of orders, and the keys of events."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
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

from adapters.postgres.tables.messaging import currency_column, messaging_tables

metadata = MetaData()
_MOMENT = DateTime(timezone=True)

passes = Table(
    "passes",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("order_item_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("ticket_id", Uuid, nullable=False),
    Column("event_title", Text, nullable=False),
    Column("event_starts_at", _MOMENT, nullable=False),
    Column("event_ends_at", _MOMENT, nullable=False),
    Column("event_time_zone", Text, nullable=False),
    Column("venue_id", Uuid, nullable=False),
    Column("venue_name", Text, nullable=False),
    Column("seat_id", Uuid),
    Column("seat_label", Text),
    Column("seat_section", Text),
    Column("seat_row", Text),
    Column("seat_number", Text),
    Column("face_value_minor", BigInteger, nullable=False),
    currency_column(),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("issued_at", _MOMENT, nullable=False),
    Column("voided_at", _MOMENT),
    Column("unit", Integer, nullable=False, server_default=text("1")),
    Column("ticket_title", Text, nullable=False),
    Column("void_reason", Text),
    Column("frozen_at", _MOMENT),
    Column("freeze_reason", Text),
    Column("first_sold_at", _MOMENT, nullable=False),
    Column("discount_minor", BigInteger),
    Column("mandatory_fees_minor", BigInteger),
    Column("optional_minor", BigInteger),
    Column("tax_minor", BigInteger),
    Column("fee_printed", Boolean),
    Column("complimentary", Boolean),
    Column("paid_minor", BigInteger),
    Column("lineage_id", Uuid, nullable=False),
    Column("resold_from", Uuid),
    Column("holder_name", Text),
    Column("offer_id", Uuid),
    Column("offer_kind", Text),
    Column("offered_at", _MOMENT),
    Column("scanned_at", _MOMENT),
    Column("inside_since", _MOMENT),
    PrimaryKeyConstraint("tenant_id", "id", name="passes_pkey"),
    UniqueConstraint("tenant_id", "order_item_id", "unit", name="passes_order_item_unit"),
    CheckConstraint("unit >= 1", name="passes_unit"),
    CheckConstraint(
        "num_nulls(seat_id, seat_label, seat_section, seat_row, seat_number) in (0, 5)", name="passes_seat"
    ),
    CheckConstraint("status in ('VALID', 'FROZEN', 'VOID')", name="passes_status"),
    CheckConstraint("(status = 'VOID') = (voided_at is not null)", name="passes_voided_at"),
    CheckConstraint("revision between 1 and 65535", name="passes_revision"),
    CheckConstraint("face_value_minor >= 0", name="passes_face_value"),
    CheckConstraint(
        "(status = 'FROZEN') = (frozen_at is not null) and (frozen_at is null) = (freeze_reason is null)",
        name="passes_frozen",
    ),
    CheckConstraint(
        "num_nulls(offer_id, offer_kind, offered_at) in (0, 3) and offer_kind in ('listing', 'transfer', 'return')",
        name="passes_offer",
    ),
    CheckConstraint("offer_id is null or (status <> 'VOID' and scanned_at is null)", name="passes_offered_or_used"),
    CheckConstraint(
        "least(discount_minor, mandatory_fees_minor, optional_minor, tax_minor, paid_minor) >= 0",
        name="passes_first_sale",
    ),
    CheckConstraint("inside_since is null or scanned_at <= inside_since", name="passes_inside"),
)
Index("passes_of_ticket", passes.c.tenant_id, passes.c.ticket_id, passes.c.id)
Index("passes_of_account", passes.c.tenant_id, passes.c.account_id, passes.c.id)
Index("passes_order", passes.c.tenant_id, passes.c.order_id, passes.c.id)

order_standings = Table(
    "order_standings",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("account_id", Uuid),
    Column("refunded_at", _MOMENT),
    PrimaryKeyConstraint("tenant_id", "order_id", name="order_standings_pkey"),
)

returned_units = Table(
    "returned_units",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_item_id", Uuid, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("returned_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="returned_units_pkey"),
    CheckConstraint("unit >= 1", name="returned_units_unit"),
)
Index("returned_units_of_order", returned_units.c.tenant_id, returned_units.c.order_id)

disputed_orders = Table(
    "disputed_orders",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("dispute_id", Uuid, nullable=False),
    Column("standing", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("heard_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_id", "dispute_id", name="disputed_orders_pkey"),
    CheckConstraint("standing in ('open', 'won', 'lost')", name="disputed_orders_standing"),
)

handovers = Table(
    "handovers",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("pass_id", Uuid, nullable=False),
    Column("from_account_id", Uuid, nullable=False),
    Column("to_account_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("handed_over_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "offer_id", name="handovers_pkey"),
    UniqueConstraint("tenant_id", "pass_id", "revision", name="handovers_revision"),
)
Index("handovers_from", handovers.c.tenant_id, handovers.c.from_account_id, handovers.c.pass_id)

reissues = Table(
    "reissues",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_item_id", Uuid, nullable=False),
    Column("listing_id", Uuid, nullable=False),
    Column("old_pass_id", Uuid, nullable=False),
    Column("pass_id", Uuid),
    Column("refusal", Text),
    Column("decided_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_item_id", name="reissues_pkey"),
    CheckConstraint("(pass_id is null) = (refusal is not null)", name="reissues_outcome"),
)
Index(
    "reissues_once",
    reissues.c.tenant_id,
    reissues.c.old_pass_id,
    unique=True,
    postgresql_where=text("pass_id is not null"),
)

scans = Table(
    "scans",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("pass_id", Uuid),
    Column("revision", Integer),
    Column("gate", Text, nullable=False),
    Column("device", Text),
    Column("direction", Text, nullable=False),
    Column("scanned_by", Uuid, nullable=False),
    Column("scanned_at", _MOMENT, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("admitted", Boolean, nullable=False),
    Column("reason", Text),
    Column("earlier_scan_id", Uuid),
    PrimaryKeyConstraint("tenant_id", "id", name="scans_pkey"),
    CheckConstraint("direction in ('in', 'out')", name="scans_direction"),
    CheckConstraint("octet_length(code_hash) = 32", name="scans_code_hash"),
    CheckConstraint("(pass_id is null) = (revision is null)", name="scans_revision"),
    CheckConstraint(
        "(admitted or reason is not null) and (offline or admitted = (reason is null))", name="scans_reason"
    ),
)
Index("scans_of_pass", scans.c.tenant_id, scans.c.pass_id, scans.c.scanned_at, scans.c.id)

pass_keys = Table(
    "pass_keys",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("key_id", LargeBinary, nullable=False),
    Column("ticket_id", Uuid, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant_id", "key_id", name="pass_keys_pkey"),
    UniqueConstraint("tenant_id", "ticket_id", name="pass_keys_ticket"),
    CheckConstraint("octet_length(key_id) = 8 and octet_length(public_key) = 32", name="pass_keys_lengths"),
)
Index("pass_keys_newest", pass_keys.c.tenant_id, pass_keys.c.created_at, pass_keys.c.key_id)

messaging_tables(metadata)

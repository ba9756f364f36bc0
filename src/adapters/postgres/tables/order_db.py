"""order_db: orders, their items and their history, and the fees and taxes of organisations."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables.messaging import currency_column, messaging_tables
from adapters.postgres.tables.order_resale import resale_tables
from adapters.postgres.tables.order_vouchers import voucher_tables

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("contact_email", Text),
    Column("contact_name", Text),
    Column("status", Text, nullable=False),
    Column("refund", Text),
    Column("tickets", JSONB),
    Column("fees", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("total_minor", BigInteger),
    Column("currency", CHAR(3)),
    Column("version", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("discounts", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("taxes", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("sold_by", Uuid),
    Column("settlement", Text),
    Column("sale_note", Text),
    Column("accept_other_seats", Boolean, nullable=False, server_default=text("false")),
    Column("refund_policy", JSONB),
    Column("refunded_minor", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("tenant_id", "id", name="orders_pkey"),
    UniqueConstraint("tenant_id", "id", "account_id", "status", name="orders_standing"),
    CheckConstraint(
        "status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED', 'CANCELLED', 'EXPIRED')", name="orders_status"
    ),
    CheckConstraint("refund in ('due', 'asked', 'done')", name="orders_refund"),
    CheckConstraint("total_minor >= 0", name="orders_total"),
    CheckConstraint("refunded_minor between 0 and coalesce(total_minor, 0::bigint)", name="orders_refunded"),
    CheckConstraint(
        "status in ('PENDING', 'CANCELLED', 'EXPIRED') or "
        "(tickets is not null and total_minor is not null and currency is not null)",
        name="orders_content",
    ),
    CheckConstraint("num_nonnulls(sold_by, settlement, sale_note) in (0, 3)", name="orders_sale"),
    CheckConstraint("settlement in ('cash', 'complimentary')", name="orders_settlement"),
)
Index("orders_of_account", orders.c.tenant_id, orders.c.account_id, orders.c.id)
Index("orders_at_box_office", orders.c.tenant_id, orders.c.id, postgresql_where=text("sold_by is not null"))
Index("orders_due", orders.c.due_at, orders.c.tenant_id, postgresql_where=text("due_at is not null"))

order_reservations = Table(
    "order_reservations",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reservation_id", Uuid, nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_id", "position", name="order_reservations_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "order_id", "account_id", "status"],
        ["orders.tenant_id", "orders.id", "orders.account_id", "orders.status"],
        name="order_reservations_order",
        onupdate="CASCADE",
        ondelete="CASCADE",
    ),
    CheckConstraint("kind in ('seats', 'general-admission', 'resale')", name="order_reservations_kind"),
)
Index(
    "order_reservations_live",
    order_reservations.c.tenant_id,
    order_reservations.c.reservation_id,
    order_reservations.c.account_id,
    unique=True,
    postgresql_where=text("status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')"),
)
Index(
    "order_reservations_sold",
    order_reservations.c.tenant_id,
    order_reservations.c.reservation_id,
    order_reservations.c.kind,
    unique=True,
    postgresql_where=text("status in ('AWAITING_PAYMENT', 'CONFIRMED')"),
)

order_items = Table(
    "order_items",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("ticket_id", Uuid, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price_minor", BigInteger, nullable=False),
    currency_column(),
    Column("seat_ids", ARRAY(Uuid), nullable=False),
    Column("label", Text),
    Column("section", Text),
    Column("row_label", Text),
    Column("seat_number", Text),
    Column("plan_id", Uuid),
    Column("reservation_id", Uuid, nullable=False),
    Column("resale", JSONB),
    PrimaryKeyConstraint("tenant_id", "id", name="order_items_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="order_items_order", ondelete="CASCADE"
    ),
    CheckConstraint("quantity >= 1", name="order_items_quantity"),
    CheckConstraint(
        "case cardinality(seat_ids) when 0 then num_nonnulls(plan_id, label, section, row_label, seat_number) = 0 "
        "else quantity = cardinality(seat_ids) and num_nulls(plan_id, label, section, row_label, seat_number) = 0 end",
        name="order_items_place",
    ),
    CheckConstraint("unit_price_minor >= 0", name="order_items_unit_price"),
    CheckConstraint("resale is null or quantity = 1", name="order_items_resale"),
)
Index("order_items_of_order", order_items.c.tenant_id, order_items.c.order_id, order_items.c.position, unique=True)
Index("order_items_of_ticket", order_items.c.tenant_id, order_items.c.ticket_id, order_items.c.order_id)

order_history = Table(
    "order_history",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("step", Text, nullable=False),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_id", "position", name="order_history_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="order_history_order", ondelete="CASCADE"
    ),
)

fee_schedules = Table(
    "fee_schedules",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fees", JSONB, nullable=False),
    Column("taxes", JSONB, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "version", name="fee_schedules_pkey"),
    CheckConstraint("version >= 1", name="fee_schedules_version"),
)

refund_policies = Table(
    "refund_policies",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("policy", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", name="refund_policies_pkey"),
)

order_refunds = Table(
    "order_refunds",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("items", JSONB, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    currency_column(),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("by_staff", Boolean, nullable=False),
    Column("explanation", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("failure", Text),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="order_refunds_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="order_refunds_order", ondelete="CASCADE"
    ),
    CheckConstraint("amount_minor >= 0", name="order_refunds_amount"),
    CheckConstraint("status in ('requested', 'succeeded', 'failed', 'refused')", name="order_refunds_status"),
    CheckConstraint("(failure is not null) = (status in ('failed', 'refused'))", name="order_refunds_failure"),
    CheckConstraint("(settled_at is null) = (status = 'requested')", name="order_refunds_settled"),
)
Index("order_refunds_of_order", order_refunds.c.tenant_id, order_refunds.c.order_id, order_refunds.c.id)
Index("order_refunds_by_status", order_refunds.c.tenant_id, order_refunds.c.status, order_refunds.c.id)
Index(
    "order_refunds_due",
    *(order_refunds.c.due_at, order_refunds.c.tenant_id),
    postgresql_where=text("due_at is not null"),
)
messaging_tables(metadata)
voucher_tables(metadata)
resale_tables(metadata)

"""Orders, their items and history, and the messaging tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.security import Roles, messaging, relay_finds, tenant_table
from adapters.postgres.tables.messaging import messaging_tables

revision = "order_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("reservation_id", sa.Uuid, nullable=False),
        sa.Column("contact_email", sa.Text),
        sa.Column("contact_name", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("refund", sa.Text),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("plan_id", sa.Uuid),
        sa.Column("event", JSONB),
        sa.Column("fees", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("total_minor", sa.BigInteger),
        sa.Column("currency", sa.CHAR(3)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="orders_pkey"),
        sa.CheckConstraint(
            "status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED', 'CANCELLED', 'EXPIRED')", name="orders_status"
        ),
        sa.CheckConstraint("refund in ('due', 'asked', 'done')", name="orders_refund"),
        sa.CheckConstraint("total_minor >= 0", name="orders_total"),
        sa.CheckConstraint(
            "status in ('PENDING', 'CANCELLED', 'EXPIRED') or "
            "(ticket_id is not null and plan_id is not null and event is not null "
            "and total_minor is not null and currency is not null)",
            name="orders_content",
        ),
    )
    op.create_index(
        "orders_live_reservation",
        "orders",
        ["tenant_id", "reservation_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')"),
    )
    op.create_index(
        "orders_sold_reservation",
        "orders",
        ["tenant_id", "reservation_id"],
        unique=True,
        postgresql_where=sa.text("status in ('AWAITING_PAYMENT', 'CONFIRMED')"),
    )
    op.create_index("orders_of_account", "orders", ["tenant_id", "account_id", "id"])
    op.create_index("orders_due", "orders", ["due_at"], postgresql_where=sa.text("due_at is not null"))
    op.create_table(
        "order_items",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("seat_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("row_label", sa.Text, nullable=False),
        sa.Column("seat_number", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="order_items_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="order_items_order", ondelete="CASCADE"
        ),
        sa.CheckConstraint("quantity = cardinality(seat_ids)", name="order_items_quantity"),
        sa.CheckConstraint("unit_price_minor >= 0", name="order_items_unit_price"),
    )
    op.create_index("order_items_of_order", "order_items", ["tenant_id", "order_id", "position"], unique=True)
    op.create_table(
        "order_history",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "position", name="order_history_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["orders.tenant_id", "orders.id"],
            name="order_history_order",
            ondelete="CASCADE",
        ),
    )
    messages = sa.MetaData()
    messaging_tables(messages)
    messages.create_all(op.get_bind())
    for statement in (
        *tenant_table("orders", ROLES, grant="select, insert, update"),
        # Items and history are only ever added to.
        *tenant_table("order_items", ROLES, grant="select, insert"),
        *tenant_table("order_history", ROLES, grant="select, insert"),
        *relay_finds("orders", ROLES, columns=("tenant_id", "id", "due_at")),
        *messaging(ROLES),
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency_keys", "inbox", "outbox", "order_history", "order_items", "orders"):
        op.drop_table(table)

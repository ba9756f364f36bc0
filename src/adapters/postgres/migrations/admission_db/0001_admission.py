"""Passes, what was heard of orders, the keys of events, and the messaging tables."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, messaging, tenant_table
from adapters.postgres.tables.messaging import messaging_tables

revision = "admission_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "passes",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("order_item_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("event_title", sa.Text, nullable=False),
        sa.Column("event_starts_at", MOMENT, nullable=False),
        sa.Column("event_ends_at", MOMENT, nullable=False),
        sa.Column("event_time_zone", sa.Text, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("venue_name", sa.Text, nullable=False),
        sa.Column("seat_id", sa.Uuid, nullable=False),
        sa.Column("seat_label", sa.Text, nullable=False),
        sa.Column("seat_section", sa.Text, nullable=False),
        sa.Column("seat_row", sa.Text, nullable=False),
        sa.Column("seat_number", sa.Text, nullable=False),
        sa.Column("face_value_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="passes_pkey"),
        sa.UniqueConstraint("tenant_id", "order_item_id", name="passes_order_item"),
        sa.CheckConstraint("status in ('VALID', 'FROZEN', 'VOID')", name="passes_status"),
        sa.CheckConstraint("(status = 'VOID') = (voided_at is not null)", name="passes_voided_at"),
        sa.CheckConstraint("revision between 1 and 65535", name="passes_revision"),
        sa.CheckConstraint("face_value_minor >= 0", name="passes_face_value"),
    )
    op.create_index("passes_order", "passes", ["tenant_id", "order_id", "id"])
    op.create_table(
        "order_standings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("refunded_at", MOMENT),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name="order_standings_pkey"),
    )
    op.create_table(
        "pass_keys",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.LargeBinary, nullable=False),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pass_keys_pkey"),
        sa.UniqueConstraint("tenant_id", "ticket_id", name="pass_keys_ticket"),
        sa.CheckConstraint("octet_length(key_id) = 8 and octet_length(public_key) = 32", name="pass_keys_lengths"),
    )
    op.create_index("pass_keys_newest", "pass_keys", ["tenant_id", "created_at", "key_id"])
    messages = sa.MetaData()
    messaging_tables(messages)
    messages.create_all(op.get_bind())
    # Passes end, but are never deleted; a key that signed once is never changed.
    for table, grant in (
        ("passes", "select, insert, update"),
        ("order_standings", "select, insert, update"),
        ("pass_keys", "select, insert"),
    ):
        for statement in tenant_table(table, ROLES, grant=grant):
            op.execute(statement)
    for statement in messaging(ROLES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency_keys", "inbox", "outbox", "pass_keys", "order_standings", "passes"):
        op.drop_table(table)

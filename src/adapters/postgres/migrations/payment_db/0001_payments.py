"""Payments, their append-only audit trail, the inbox of webhooks, and the messaging tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, forced, messaging, relay_finds, tenant_table
from adapters.postgres.tables.messaging import messaging_tables

revision = "payment_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("stripe_payment_intent_id", sa.Text),
        sa.Column("received_minor", sa.BigInteger),
        sa.Column("received_currency", sa.CHAR(3)),
        sa.Column("closing", sa.Boolean, nullable=False),
        sa.Column("refund_reason", sa.Text),
        sa.Column("decline_id", sa.Text),
        sa.Column("check_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="payments_pkey"),
        sa.UniqueConstraint("tenant_id", "order_id", name="payments_order"),
        sa.UniqueConstraint("tenant_id", "stripe_payment_intent_id", name="payments_intent"),
        sa.CheckConstraint("method in ('CARD', 'APPLE_PAY', 'GOOGLE_PAY')", name="payments_method"),
        sa.CheckConstraint(
            "status in ('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'REFUNDED', 'MISMATCHED')",
            name="payments_status",
        ),
        sa.CheckConstraint("amount_minor > 0", name="payments_amount"),
        sa.CheckConstraint("(received_minor is null) = (received_currency is null)", name="payments_received"),
        sa.CheckConstraint(
            "status <> 'SUCCEEDED' or (received_minor = amount_minor and received_currency = currency)",
            name="payments_succeeded",
        ),
    )
    op.create_index("payments_silent", "payments", ["check_at"], postgresql_where=sa.text("check_at is not null"))
    op.create_table(
        "payment_records",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("movement_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="payment_records_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="payment_records_of"
        ),
    )
    op.create_index("payment_records_of_payment", "payment_records", ["tenant_id", "payment_id", "id"])
    op.create_table(
        "payment_webhooks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("retry_count", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("error_message", sa.Text),
        sa.Column("processed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="payment_webhooks_pkey"),
        sa.UniqueConstraint("source", "event_id", name="payment_webhooks_event"),
        sa.CheckConstraint(
            "status in ('received', 'processing', 'retrying', 'completed', 'failed')", name="payment_webhooks_status"
        ),
    )
    op.create_index(
        "payment_webhooks_due", "payment_webhooks", ["due_at"], postgresql_where=sa.text("due_at is not null")
    )
    op.create_index(
        "payment_webhooks_unhandled", "payment_webhooks", ["id"], postgresql_where=sa.text("status <> 'completed'")
    )
    messages = sa.MetaData()
    messaging_tables(messages)
    messages.create_all(op.get_bind())
    for statement in (
        *tenant_table("payments", ROLES, grant="select, insert, update"),
        *tenant_table("payment_records", ROLES, grant="select, insert"),
        *relay_finds("payments", ROLES, columns=("tenant_id", "id", "check_at")),
        *_webhooks(),
        *messaging(ROLES),
    ):
        op.execute(statement)
    _append_only()


def _webhooks() -> list[str]:
    """Belongs to no tenant: the API may only put webhooks in, and learn of duplicates; the worker does the rest."""
    return [
        *forced("payment_webhooks"),
        f"create policy app_puts on payment_webhooks for insert to {ROLES.app} with check (status = 'received')",
        f"grant insert on payment_webhooks to {ROLES.app}",
        f"create policy relay_processes on payment_webhooks to {ROLES.relay} using (true) with check (true)",
        f"grant select, update on payment_webhooks to {ROLES.relay}",
    ]


def _append_only() -> None:
    """The audit trail is not changed by anybody, the tables' owner included."""
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
        end $$
        """
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on payment_records "
        "for each statement execute function refuse_change()"
    )


def downgrade() -> None:
    for table in ("idempotency_keys", "inbox", "outbox", "payment_webhooks", "payment_records", "payments"):
        op.drop_table(table)
    op.execute("drop function refuse_change()")

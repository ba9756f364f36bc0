"""Refunds of orders, and the refund policy of each organisation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "order_0006"
down_revision = "order_0005"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
MOMENT = sa.DateTime(timezone=True)
PROGRESS = "status, failure, accepted_at, settled_at, due_at, version"


def upgrade() -> None:
    op.add_column("orders", sa.Column("refund_policy", JSONB))
    op.add_column("orders", sa.Column("refunded_minor", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_check_constraint(
        "orders_refunded", "orders", "refunded_minor between 0 and coalesce(total_minor, 0::bigint)"
    )
    op.create_table(
        "refund_policies",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="refund_policies_pkey"),
    )
    op.create_table(
        "order_refunds",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("items", JSONB, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_staff", sa.Boolean, nullable=False),
        sa.Column("explanation", JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="order_refunds_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="order_refunds_order", ondelete="CASCADE"
        ),
        sa.CheckConstraint("amount_minor >= 0", name="order_refunds_amount"),
        sa.CheckConstraint("status in ('requested', 'succeeded', 'failed', 'refused')", name="order_refunds_status"),
        sa.CheckConstraint("(failure is not null) = (status in ('failed', 'refused'))", name="order_refunds_failure"),
        sa.CheckConstraint("(settled_at is null) = (status = 'requested')", name="order_refunds_settled"),
    )
    op.create_index("order_refunds_of_order", "order_refunds", ["tenant_id", "order_id", "id"])
    op.create_index("order_refunds_by_status", "order_refunds", ["tenant_id", "status", "id"])
    # The sweep looks across tenants, so its index does not begin with one.
    op.create_index("order_refunds_due", "order_refunds", ["due_at"], postgresql_where=sa.text("due_at is not null"))
    for statement in (
        *tenant_table("refund_policies", ROLES, grant="select, insert, update"),
        # What is refunded and why never changes, only how far it has come.
        *tenant_table("order_refunds", ROLES, grant="select, insert"),
        f"grant update ({PROGRESS}) on order_refunds to {ROLES.app}",
        *relay_finds("order_refunds", ROLES, columns=("tenant_id", "id", "order_id", "due_at")),
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in ("order_refunds", "refund_policies"):
        op.drop_table(table)
    op.drop_constraint("orders_refunded", "orders")
    for column in ("refunded_minor", "refund_policy"):
        op.drop_column("orders", column)

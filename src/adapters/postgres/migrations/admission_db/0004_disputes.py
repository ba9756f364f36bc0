"""Passes that are frozen while a dispute goes on, and what was heard of disputes."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "admission_0004"
down_revision = "admission_0003"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("passes", sa.Column("frozen_at", MOMENT))
    op.add_column("passes", sa.Column("freeze_reason", sa.Text))
    op.create_check_constraint(
        "passes_frozen",
        "passes",
        "(status = 'FROZEN') = (frozen_at is not null) and (frozen_at is null) = (freeze_reason is null)",
    )
    op.create_table(
        "disputed_orders",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("dispute_id", sa.Uuid, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "dispute_id", name="disputed_orders_pkey"),
        sa.CheckConstraint("standing in ('open', 'won', 'lost')", name="disputed_orders_standing"),
    )
    for statement in (
        *tenant_table("disputed_orders", ROLES, grant="select, insert"),
        f"grant update (standing, version, heard_at) on disputed_orders to {ROLES.app}",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Frozen passes stay frozen, without a reason: what came before knew the word, and never thawed."""
    op.drop_table("disputed_orders")
    op.drop_constraint("passes_frozen", "passes")
    op.drop_column("passes", "freeze_reason")
    op.drop_column("passes", "frozen_at")

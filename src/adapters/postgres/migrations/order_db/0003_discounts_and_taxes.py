"""Discounts and taxes of orders, beside their fees, and what organisations set of fees and taxes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, tenant_table

revision = "order_0003"
down_revision = "order_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
PARTS = ("discounts", "taxes")


def upgrade() -> None:
    for part in PARTS:
        op.add_column("orders", sa.Column(part, JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")))
    op.create_table(
        "fee_schedules",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fees", JSONB, nullable=False),
        sa.Column("taxes", JSONB, nullable=False),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "version", name="fee_schedules_pkey"),
        sa.CheckConstraint("version >= 1", name="fee_schedules_version"),
    )
    # Who set which fees when can be read for good: versions are only ever added.
    for statement in tenant_table("fee_schedules", ROLES, grant="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("fee_schedules")
    for part in PARTS:
        op.drop_column("orders", part)

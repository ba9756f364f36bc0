"""Passes that end one by one, with the reason, and what must never become a pass."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "admission_0003"
down_revision = "admission_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")


def upgrade() -> None:
    op.add_column("passes", sa.Column("void_reason", sa.Text))
    op.create_table(
        "returned_units",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_item_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.Integer, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="returned_units_pkey"),
        sa.CheckConstraint("unit >= 1", name="returned_units_unit"),
    )
    op.create_index("returned_units_of_order", "returned_units", ["tenant_id", "order_id"])
    for statement in tenant_table("returned_units", ROLES, grant="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("returned_units")
    op.drop_column("passes", "void_reason")

"""Orders for passes that others had, and which admissions went from one order to another."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, tenant_table

revision = "order_0007"
down_revision = "order_0006"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
MOMENT = sa.DateTime(timezone=True)
BEFORE = "kind in ('seats', 'general-admission')"
KINDS = "kind in ('seats', 'general-admission', 'resale')"


def upgrade() -> None:
    op.drop_constraint("order_reservations_kind", "order_reservations")
    op.create_check_constraint("order_reservations_kind", "order_reservations", KINDS)
    op.add_column("order_items", sa.Column("resale", JSONB))
    op.create_check_constraint("order_items_resale", "order_items", "resale is null or quantity = 1")
    op.create_table(
        "passed_on_units",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_item_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.Integer, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("to_order_id", sa.Uuid, nullable=False),
        sa.Column("to_item_id", sa.Uuid, nullable=False),
        sa.Column("root_order_id", sa.Uuid, nullable=False),
        sa.Column("root_item_id", sa.Uuid, nullable=False),
        sa.Column("root_unit", sa.Integer, nullable=False),
        sa.Column("passed_on_at", MOMENT, nullable=False),
        sa.Column("reissued_at", MOMENT),
        sa.Column("returned_at", MOMENT),
        # Nothing is passed on twice, whoever comes at once.
        sa.PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="passed_on_units_pkey"),
        sa.UniqueConstraint("tenant_id", "to_item_id", name="passed_on_units_to_item"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="passed_on_units_order"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "to_order_id"], ["orders.tenant_id", "orders.id"], name="passed_on_units_to_order_fk"
        ),
        sa.CheckConstraint("unit >= 1 and root_unit >= 1", name="passed_on_units_unit"),
        sa.CheckConstraint("order_id <> to_order_id", name="passed_on_units_another"),
    )
    op.create_index("passed_on_units_of_order", "passed_on_units", ["tenant_id", "order_id"])
    op.create_index("passed_on_units_to_order", "passed_on_units", ["tenant_id", "to_order_id"])
    op.create_index("passed_on_units_of_root", "passed_on_units", ["tenant_id", "root_item_id"])
    op.create_table(
        "handed_over_units",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_item_id", sa.Uuid, nullable=False),
        sa.Column("unit", sa.Integer, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="handed_over_units_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="handed_over_units_order"
        ),
        sa.CheckConstraint("unit >= 1", name="handed_over_units_unit"),
    )
    op.create_index("handed_over_units_of_order", "handed_over_units", ["tenant_id", "order_id"])
    for statement in (
        # Forgotten only where the pass could not be reissued, so that its origin has it again.
        *tenant_table("passed_on_units", ROLES, grant="select, insert, delete"),
        f"grant update (reissued_at, returned_at) on passed_on_units to {ROLES.app}",
        *tenant_table("handed_over_units", ROLES, grant="select, insert"),
        f"grant update (account_id, revision) on handed_over_units to {ROLES.app}",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Go back to orders without resale; one that has resold items stops it, since the old tables cannot hold it."""
    op.drop_constraint("order_reservations_kind", "order_reservations")
    op.create_check_constraint("order_reservations_kind", "order_reservations", BEFORE)
    for table in ("handed_over_units", "passed_on_units"):
        op.drop_table(table)
    op.drop_constraint("order_items_resale", "order_items")
    op.drop_column("order_items", "resale")

"""Passes without a seat, several of one order item, and the title of their ticket."""

import sqlalchemy as sa
from alembic import op

revision = "admission_0002"
down_revision = "admission_0001"
branch_labels = None
depends_on = None

SEAT = ("seat_id", "seat_label", "seat_section", "seat_row", "seat_number")


def upgrade() -> None:
    op.add_column("passes", sa.Column("unit", sa.Integer, nullable=False, server_default=sa.text("1")))
    # Titles of tickets were not kept before: the event's stands in. The owner sees rows only while the wall is not
    # forced upon it.
    op.add_column("passes", sa.Column("ticket_title", sa.Text))
    op.execute("alter table passes no force row level security")
    op.execute("update passes set ticket_title = event_title")
    op.execute("alter table passes force row level security")
    op.alter_column("passes", "ticket_title", nullable=False)
    op.drop_constraint("passes_order_item", "passes")
    op.create_unique_constraint("passes_order_item_unit", "passes", ["tenant_id", "order_item_id", "unit"])
    op.create_check_constraint("passes_unit", "passes", "unit >= 1")
    for column in SEAT:
        op.alter_column("passes", column, nullable=True)
    op.create_check_constraint("passes_seat", "passes", f"num_nulls({', '.join(SEAT)}) in (0, 5)")


def downgrade() -> None:
    """Go back to one pass a seat; a pass without a seat stops it, since the old table cannot hold one."""
    op.drop_constraint("passes_seat", "passes")
    for column in SEAT:
        op.alter_column("passes", column, nullable=False)
    op.drop_constraint("passes_unit", "passes")
    op.drop_constraint("passes_order_item_unit", "passes")
    op.create_unique_constraint("passes_order_item", "passes", ["tenant_id", "order_item_id"])
    for column in ("unit", "ticket_title"):
        op.drop_column("passes", column)

"""Orders are found by their tickets, for an event that is cancelled."""

from alembic import op

revision = "order_0009"
down_revision = "order_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("order_items_of_ticket", "order_items", ["tenant_id", "ticket_id", "order_id"])


def downgrade() -> None:
    op.drop_index("order_items_of_ticket", "order_items")

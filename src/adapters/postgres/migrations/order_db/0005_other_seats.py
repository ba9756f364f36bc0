"""Orders whose buyers will have other seats, as good ones, when the money comes after the ordered seats have gone."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles

revision = "order_0005"
down_revision = "order_0004"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")

CHANGED = {
    "order_reservations": "reservation_id",
    "order_items": "reservation_id, seat_ids, label, section, row_label, seat_number",
}
"""What changes with the seats; tickets, quantities and prices of items never do."""


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("accept_other_seats", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    for table, columns in CHANGED.items():
        op.execute(f"grant update ({columns}) on {table} to {ROLES.app}")


def downgrade() -> None:
    for table, columns in CHANGED.items():
        op.execute(f"revoke update ({columns}) on {table} from {ROLES.app}")
    op.drop_column("orders", "accept_other_seats")

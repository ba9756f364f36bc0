"""The doctor compares payments with their orders and their books: the relay role sees how each stands.

Ids, states, counts, amounts and times alone: nothing of what people wrote, and nothing of who they are.
"""

from collections.abc import Mapping

from alembic import op

from adapters.postgres.security import Roles

revision = "payment_0011"
down_revision = "payment_0010"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
SEEN: Mapping[str, tuple[str, ...]] = {
    "payments": ("order_id", "status", "amount_minor", "received_minor", "currency", "refunded_minor", "updated_at"),
    "refunds": ("payment_id", "amount_minor", "booked", "updated_at"),
}
"""Columns that the relay role did not see before, of tables of which it saw some."""


def upgrade() -> None:
    for table, columns in SEEN.items():
        op.execute(f"grant select ({', '.join(columns)}) on {table} to {ROLES.relay}")


def downgrade() -> None:
    for table, columns in SEEN.items():
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from {ROLES.relay}")

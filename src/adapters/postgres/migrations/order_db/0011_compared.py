"""The doctor compares orders with what others say of them: the relay role sees how each stands.

Ids, states, counts, amounts and times alone: nothing of what people wrote, and nothing of who they are.
"""

from collections.abc import Mapping

from alembic import op

from adapters.postgres.security import Roles, relay_finds

revision = "order_0011"
down_revision = "order_0010"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
SEEN: Mapping[str, tuple[str, ...]] = {
    "orders": ("status", "refund", "total_minor", "refunded_minor", "settlement", "expires_at", "updated_at"),
    "order_refunds": ("items", "status", "requested_at", "accepted_at", "settled_at"),
}
"""Columns that the relay role did not see before, of tables of which it saw some."""
FOUND: Mapping[str, tuple[str, ...]] = {
    "order_items": (
        "tenant_id",
        "id",
        "order_id",
        "position",
        "ticket_id",
        "reservation_id",
        "seat_ids",
        "quantity",
        "resale",
    ),
    "order_history": ("tenant_id", "order_id", "step"),
    "passed_on_units": (
        "tenant_id",
        "order_item_id",
        "unit",
        "order_id",
        "to_order_id",
        "to_item_id",
        "passed_on_at",
        "reissued_at",
        "returned_at",
    ),
}
"""Tables of which it saw nothing."""


def upgrade() -> None:
    for table, columns in SEEN.items():
        op.execute(f"grant select ({', '.join(columns)}) on {table} to {ROLES.relay}")
    for table, columns in FOUND.items():
        for statement in relay_finds(table, ROLES, columns=columns):
            op.execute(statement)


def downgrade() -> None:
    for table, columns in FOUND.items():
        op.execute(f"drop policy relay_finds on {table}")
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from {ROLES.relay}")
    for table, columns in SEEN.items():
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from {ROLES.relay}")

"""The doctor compares seats with the ledger and with orders, and offers with passes: the relay role sees them.

Ids, states, counts, amounts and times alone: nothing of what people wrote, and nothing of who they are.
"""

from collections.abc import Mapping

from alembic import op

from adapters.postgres.security import Roles, relay_finds

revision = "venue_0025"
down_revision = "venue_0024"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
SEEN: Mapping[str, tuple[str, ...]] = {
    "seat_reservations": ("order_id", "ticket_id", "held_at", "sold_at"),
    "listings": ("kind", "pass_id", "updated_at"),
    "pass_transfers": ("pass_id", "status", "updated_at"),
    "venue_operations": ("type",),
}
"""Columns that the relay role did not see before, of tables of which it saw some."""
FOUND: Mapping[str, tuple[str, ...]] = {
    "seats": ("tenant_id", "id", "status", "reservation_id"),
    "seat_reservation_items": ("tenant_id", "reservation_id", "seat_id", "live"),
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

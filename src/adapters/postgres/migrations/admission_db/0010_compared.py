"""The doctor compares passes with orders and offers: the relay role sees which there are.

Ids, states, counts, amounts and times alone: nothing of what people wrote, and nothing of who they are.
"""

from collections.abc import Mapping

from alembic import op

from adapters.postgres.security import Roles, relay_finds

revision = "admission_0010"
down_revision = "admission_0009"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
FOUND: Mapping[str, tuple[str, ...]] = {
    "passes": (
        "tenant_id",
        "id",
        "order_id",
        "order_item_id",
        "unit",
        "status",
        "offer_id",
        "offer_kind",
        "offered_at",
    ),
    "order_standings": ("tenant_id", "order_id", "refunded_at"),
    "disputed_orders": ("tenant_id", "order_id", "standing"),
}
"""Tables of which the relay role saw nothing, and what it sees of them."""


def upgrade() -> None:
    for table, columns in FOUND.items():
        for statement in relay_finds(table, ROLES, columns=columns):
            op.execute(statement)


def downgrade() -> None:
    for table, columns in FOUND.items():
        op.execute(f"drop policy relay_finds on {table}")
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from {ROLES.relay}")

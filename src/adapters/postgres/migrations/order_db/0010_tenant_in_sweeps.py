"""Indexes of sweeps carry the tenant too, so that every index of a tenant table does."""

from alembic import op

from adapters.postgres.indexes import MESSAGES, Sweep, with_tenant, without_tenant

revision = "order_0010"
down_revision = "order_0009"
branch_labels = None
depends_on = None

SWEEPS = (
    *MESSAGES,
    Sweep("orders_due", "orders", "due_at", "due_at is not null"),
    Sweep("order_refunds_due", "order_refunds", "due_at", "due_at is not null"),
)


def upgrade() -> None:
    for statement in with_tenant(SWEEPS):
        op.execute(statement)


def downgrade() -> None:
    for statement in without_tenant(SWEEPS):
        op.execute(statement)

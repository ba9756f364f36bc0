"""Indexes of sweeps carry the tenant too, so that every index of a tenant table does."""

from alembic import op

from adapters.postgres.indexes import MESSAGES, with_tenant, without_tenant

revision = "admission_0009"
down_revision = "admission_0008"
branch_labels = None
depends_on = None

SWEEPS = MESSAGES


def upgrade() -> None:
    for statement in with_tenant(SWEEPS):
        op.execute(statement)


def downgrade() -> None:
    for statement in without_tenant(SWEEPS):
        op.execute(statement)

"""Indexes of sweeps carry the tenant too, so that every index of a tenant table does."""

from alembic import op

from adapters.postgres.indexes import MESSAGES, Sweep, with_tenant, without_tenant

revision = "venue_0024"
down_revision = "venue_0023"
branch_labels = None
depends_on = None

SWEEPS = (
    *MESSAGES,
    Sweep("seller_verifications_ending", "seller_verifications", "expires_at", "status = 'verified'"),
    Sweep("listings_due", "listings", "due_at", "due_at is not null"),
    Sweep("waiting_lists_due", "waiting_lists", "due_at", "due_at is not null"),
    Sweep("pass_transfers_due", "pass_transfers", "due_at", "due_at is not null"),
    Sweep("listing_evaluations_free", "listing_evaluations", "updated_at", "status = 'running'"),
    Sweep("venue_operations_free", "venue_operations", "updated_at", "status in ('pending', 'in_progress')"),
    Sweep("plan_documents_due", "plan_documents", "expires_at"),
)


def upgrade() -> None:
    for statement in with_tenant(SWEEPS):
        op.execute(statement)


def downgrade() -> None:
    for statement in without_tenant(SWEEPS):
        op.execute(statement)

"""Indexes of sweeps carry the tenant too, so that every index of a tenant table does."""

from alembic import op

from adapters.postgres.indexes import MESSAGES, Sweep, with_tenant, without_tenant

revision = "payment_0010"
down_revision = "payment_0009"
branch_labels = None
depends_on = None

SWEEPS = (
    *MESSAGES,
    Sweep("payments_silent", "payments", "check_at", "check_at is not null"),
    Sweep("connected_accounts_silent", "connected_accounts", "check_at", "check_at is not null"),
    Sweep("refunds_due", "refunds", "check_at", "check_at is not null"),
    Sweep("refunds_unsettled", "refunds", "status", "status <> 'succeeded'"),
    Sweep("disputes_due", "disputes", "check_at", "check_at is not null"),
    Sweep("payouts_due", "payouts", "check_at", "check_at is not null"),
    Sweep("payouts_unsettled", "payouts", "status", "status in ('pending', 'owed', 'failed')"),
    Sweep("ledger_entries_by_ref", "ledger_entries", "provider_ref", "provider_ref is not null"),
    Sweep("ledger_entries_by_day", "ledger_entries", "occurred_at"),
)


def upgrade() -> None:
    for statement in with_tenant(SWEEPS):
        op.execute(statement)


def downgrade() -> None:
    for statement in without_tenant(SWEEPS):
        op.execute(statement)

"""Accounts can end, by the person whose account it is."""

from alembic import op

from adapters.postgres.security import ACCOUNT, Roles

revision = "auth_0004"
down_revision = "auth_0003"
branch_labels = None
depends_on = None

ROLES = Roles.of("auth_db")


def upgrade() -> None:
    for statement in (
        f"create policy own_end on accounts for delete to {ROLES.app} using (id = {ACCOUNT})",
        f"grant delete on accounts to {ROLES.app}",
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        f"revoke delete on accounts from {ROLES.app}",
        "drop policy own_end on accounts",
    ):
        op.execute(statement)

"""Accounts can end, by the person whose account it is; and that person finds the API keys that they made."""

from alembic import op

from adapters.postgres.security import ACCOUNT, Roles, person_found

revision = "auth_0004"
down_revision = "auth_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("auth_db")


def upgrade() -> None:
    for statement in (
        f"create policy own_end on accounts for delete to {ROLES.app} using (id = {ACCOUNT})",
        f"grant delete on accounts to {ROLES.app}",
        *person_found("api_keys", by=f"created_by = {ACCOUNT} or revoked_by = {ACCOUNT}", roles=ROLES),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "drop policy person_found on api_keys",
        f"revoke delete on accounts from {ROLES.app}",
        "drop policy own_end on accounts",
    ):
        op.execute(statement)

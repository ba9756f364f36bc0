"""A person finds their passes in every organisation, also those that they gave on."""

from alembic import op

from adapters.postgres.security import ACCOUNT, Roles, person_found

revision = "admission_0008"
down_revision = "admission_0007"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
OWNERS = {
    "passes": f"account_id = {ACCOUNT}",
    "handovers": f"from_account_id = {ACCOUNT} or to_account_id = {ACCOUNT}",
}


def upgrade() -> None:
    for table, by in OWNERS.items():
        for statement in person_found(table, by=by, roles=ROLES):
            op.execute(statement)


def downgrade() -> None:
    for table in OWNERS:
        op.execute(f"drop policy person_found on {table}")

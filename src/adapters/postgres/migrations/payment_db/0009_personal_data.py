"""A person finds their payments, payouts and seller's account in every organisation."""

from alembic import op

from adapters.postgres.security import ACCOUNT, Roles, person_found

revision = "payment_0009"
down_revision = "payment_0008"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
OWNERS = {
    "payments": f"account_id = {ACCOUNT}",
    "payouts": f"seller_account_id = {ACCOUNT}",
    "connected_accounts": f"owner_kind = 'seller' and owner_id = {ACCOUNT}",
}


def upgrade() -> None:
    for table, by in OWNERS.items():
        for statement in person_found(table, by=by, roles=ROLES):
            op.execute(statement)


def downgrade() -> None:
    for table in OWNERS:
        op.execute(f"drop policy person_found on {table}")

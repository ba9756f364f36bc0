"""A person finds their orders in every organisation, and what names them can go from orders and refunds."""

from alembic import op

from adapters.postgres.security import ACCOUNT, EMAIL, Roles, person_found

revision = "order_0008"
down_revision = "order_0007"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")


def upgrade() -> None:
    for statement in (
        *person_found("orders", by=f"account_id = {ACCOUNT} or lower(contact_email) = {EMAIL}", roles=ROLES),
        *person_found("order_refunds", by=f"account_id = {ACCOUNT}", roles=ROLES),
        *person_found("voucher_misses", by=f"account_id = {ACCOUNT}", roles=ROLES),
        f"grant update (note) on order_refunds to {ROLES.app}",
        f"grant delete on voucher_misses to {ROLES.app}",
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in ("orders", "order_refunds", "voucher_misses"):
        op.execute(f"drop policy person_found on {table}")
    op.execute(f"revoke update (note) on order_refunds from {ROLES.app}")
    op.execute(f"revoke delete on voucher_misses from {ROLES.app}")

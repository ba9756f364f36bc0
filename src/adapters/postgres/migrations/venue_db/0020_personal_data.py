"""A person finds what seating and resale keep about them in every organisation, and what names them can go."""

from alembic import op

from adapters.postgres.security import ACCOUNT, EMAIL, Roles, person_found

revision = "venue_0020"
down_revision = "venue_0019"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
OWNERS = {
    "seat_reservations": f"account_id = {ACCOUNT}",
    "listings": f"seller_id = {ACCOUNT}",
    "listing_purchases": f"account_id = {ACCOUNT}",
    "pass_transfers": f"from_account_id = {ACCOUNT} or to_account_id = {ACCOUNT} or to_email_key = {EMAIL}",
    "waiting_entries": f"account_id = {ACCOUNT}",
    "seller_verifications": f"account_id = {ACCOUNT}",
    "resale_blocks": f"account_id = {ACCOUNT}",
    "transfer_history": f"from_account_id = {ACCOUNT} or to_account_id = {ACCOUNT}",
    "seat_audit": f"account_id = {ACCOUNT}",
}


def upgrade() -> None:
    for table, by in OWNERS.items():
        for statement in person_found(table, by=by, roles=ROLES):
            op.execute(statement)
    op.execute(f"grant update (to_email, to_email_key) on pass_transfers to {ROLES.app}")
    op.execute(f"grant delete on seller_verifications to {ROLES.app}")


def downgrade() -> None:
    for table in OWNERS:
        op.execute(f"drop policy person_found on {table}")
    op.execute(f"revoke update (to_email, to_email_key) on pass_transfers from {ROLES.app}")
    op.execute(f"revoke delete on seller_verifications from {ROLES.app}")

"""Money in escrow, and the payouts that it leaves by."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles

revision = "payment_0006"
down_revision = "payment_0005"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")

_ACCOUNTS = ("buyer", "organisation", "platform_fee", "stripe_fee", "refund", "dispute", "dispute_fee")
_ACCOUNTS_OF_ESCROW = ("escrow", "platform_loss", "seller_credit", "seller", "royalty")


def upgrade() -> None:
    op.add_column("payments", sa.Column("escrow", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_check_constraint("payments_escrow", "payments", "not escrow or destination_account is null")
    # That a payment is one in escrow is known from its start, and never changes.
    op.execute(f"grant insert (escrow) on payments to {ROLES.app}")
    _allow(*_ACCOUNTS, *_ACCOUNTS_OF_ESCROW)


def downgrade() -> None:
    """What was booked in escrow stays booked: entries are never changed, so the old accounts bind new ones alone."""
    _allow(*_ACCOUNTS, past=False)
    op.drop_constraint("payments_escrow", "payments")
    op.drop_column("payments", "escrow")


def _allow(*accounts: str, past: bool = True) -> None:
    """Let the ledger have these accounts; without `past` what is there already is not looked at."""
    op.drop_constraint("ledger_entries_account", "ledger_entries")
    named = ", ".join(f"'{account}'" for account in accounts)
    op.create_check_constraint(
        "ledger_entries_account", "ledger_entries", f"account in ({named})", postgresql_not_valid=not past
    )

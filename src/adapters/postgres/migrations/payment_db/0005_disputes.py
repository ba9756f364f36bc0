"""Disputes, and accounts of the ledger for what they take."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "payment_0005"
down_revision = "payment_0004"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)

# Whose dispute it is, of which payment, and since when, never changes.
_UPDATED = "amount_minor, currency, reason, status, state, evidence_due_by, closed_at, version, check_at, updated_at"
_ACCOUNTS = ("buyer", "organisation", "platform_fee", "stripe_fee", "refund")
_ACCOUNTS_OF_DISPUTES = ("dispute", "dispute_fee")


def upgrade() -> None:
    op.create_table(
        "disputes",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("stripe_dispute_id", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("evidence_due_by", MOMENT),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("check_at", MOMENT),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="disputes_pkey"),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="disputes_of"),
        sa.UniqueConstraint("tenant_id", "stripe_dispute_id", name="disputes_stripe"),
        sa.CheckConstraint("amount_minor >= 0", name="disputes_amount"),
        sa.CheckConstraint("version >= 0", name="disputes_version"),
        sa.CheckConstraint("state in ('inquiry', 'open', 'won', 'lost', 'closed')", name="disputes_state"),
        sa.CheckConstraint("(closed_at is null) = (state in ('inquiry', 'open'))", name="disputes_closed_at"),
    )
    op.create_index("disputes_of_payment", "disputes", ["tenant_id", "payment_id"])
    op.create_index("disputes_by_state", "disputes", ["tenant_id", "state", "id"])
    op.create_index("disputes_due", "disputes", ["check_at"], postgresql_where=sa.text("check_at is not null"))
    for statement in (
        *tenant_table("disputes", ROLES, grant="select, insert"),
        f"grant update ({_UPDATED}) on disputes to {ROLES.app}",
        *relay_finds("disputes", ROLES, columns=("tenant_id", "id", "check_at")),
    ):
        op.execute(statement)
    _allow(*_ACCOUNTS, *_ACCOUNTS_OF_DISPUTES)


def downgrade() -> None:
    """What was booked for disputes stays booked: entries are never changed, so the old accounts bind new ones alone."""
    _allow(*_ACCOUNTS, past=False)
    op.drop_table("disputes")


def _allow(*accounts: str, past: bool = True) -> None:
    """Let the ledger have these accounts; without `past` what is there already is not looked at."""
    op.drop_constraint("ledger_entries_account", "ledger_entries")
    named = ", ".join(f"'{account}'" for account in accounts)
    op.create_check_constraint(
        "ledger_entries_account", "ledger_entries", f"account in ({named})", postgresql_not_valid=not past
    )

"""Connected accounts of venues, and fees that were agreed with organisations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "payment_0003"
down_revision = "payment_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "connected_accounts",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("country", sa.CHAR(2), nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("charges_enabled", sa.Boolean, nullable=False),
        sa.Column("payouts_enabled", sa.Boolean, nullable=False),
        sa.Column("details_submitted", sa.Boolean, nullable=False),
        sa.Column("requirements", JSONB, nullable=False),
        sa.Column("requirements_deadline", MOMENT),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("refusal", sa.Text),
        sa.Column("told_at", MOMENT),
        sa.Column("deauthorized_at", MOMENT),
        sa.Column("check_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "venue_id", name="connected_accounts_pkey"),
        sa.UniqueConstraint("account_id", name="connected_accounts_account"),
        sa.CheckConstraint("attempt >= 1", name="connected_accounts_attempt"),
        sa.CheckConstraint(
            "not charges_enabled or (account_id is not null and deauthorized_at is null)",
            name="connected_accounts_charging",
        ),
    )
    op.create_index(
        "connected_accounts_silent",
        "connected_accounts",
        ["check_at"],
        postgresql_where=sa.text("check_at is not null"),
    )
    op.create_table(
        "platform_fees",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("basis_points", sa.Integer, nullable=False),
        sa.Column("fixed_minor", sa.BigInteger, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="platform_fees_pkey"),
        sa.CheckConstraint("basis_points between 0 and 10000", name="platform_fees_share"),
        sa.CheckConstraint("fixed_minor >= 0", name="platform_fees_fixed"),
    )
    for statement in (
        *tenant_table("connected_accounts", ROLES, grant="select, insert, update"),
        *tenant_table("platform_fees", ROLES),
        *relay_finds("connected_accounts", ROLES, columns=("tenant_id", "venue_id", "account_id", "check_at")),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("platform_fees")
    op.drop_table("connected_accounts")

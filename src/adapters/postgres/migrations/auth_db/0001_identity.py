"""Accounts, refresh tokens, organisations and memberships, and the messaging tables."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import ACCOUNT, Roles, forced, messaging, tenant_table
from adapters.postgres.tables.messaging import messaging_tables

revision = "auth_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("auth_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_key", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="accounts_pkey"),
        sa.UniqueConstraint("email_key", name="accounts_email_key"),
    )
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="refresh_families_pkey"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="refresh_families_account", ondelete="CASCADE"),
    )
    op.create_index("refresh_families_account_id", "refresh_families", ["account_id"])
    op.create_index("refresh_families_expires_at", "refresh_families", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("family_id", sa.Uuid, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("spent_at", MOMENT),
        sa.PrimaryKeyConstraint("digest", name="refresh_tokens_pkey"),
        sa.ForeignKeyConstraint(
            ["family_id"], ["refresh_families.id"], name="refresh_tokens_family", ondelete="CASCADE"
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name="refresh_tokens_digest"),
    )
    op.create_index("refresh_tokens_family_id", "refresh_tokens", ["family_id"])
    op.create_table(
        "organisations",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="organisations_pkey"),
    )
    op.create_table(
        "memberships",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="memberships_pkey"),
        sa.ForeignKeyConstraint(["tenant_id"], ["organisations.tenant_id"], name="memberships_organisation"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="memberships_account", ondelete="CASCADE"),
        sa.CheckConstraint("role in ('owner', 'manager', 'box_office', 'scanner')", name="memberships_role"),
    )
    op.create_index("memberships_account_id", "memberships", ["account_id", "tenant_id"])
    messages = sa.MetaData()
    messaging_tables(messages, tenant_owned=False)
    messages.create_all(op.get_bind())
    for statement in (
        *_accounts(),
        *_refresh_tokens(),
        *_organisations(),
        *messaging(ROLES, tenant_owned=False),
    ):
        op.execute(statement)


def _accounts() -> list[str]:
    # Signing in comes before anyone is known, and members are found by e-mail: every transaction reads accounts.
    # A transaction writes the one account that it names in app.account_id, and of that only the password.
    return [
        *forced("accounts"),
        f"create policy app_reads on accounts for select to {ROLES.app} using (true)",
        f"create policy own_account on accounts for insert to {ROLES.app} with check (id = {ACCOUNT})",
        (
            f"create policy own_password on accounts for update to {ROLES.app} "
            f"using (id = {ACCOUNT}) with check (id = {ACCOUNT})"
        ),
        f"grant select, insert, update (password_hash, updated_at) on accounts to {ROLES.app}",
    ]


def _refresh_tokens() -> list[str]:
    # Whoever brings a refresh token is unknown until it is found, so no setting can narrow these rows. They hold
    # digests alone, which nobody can present; what may be changed of them is kept down by columns.
    return [
        *forced("refresh_families"),
        *forced("refresh_tokens"),
        f"create policy app_exchanges on refresh_families to {ROLES.app} using (true) with check (true)",
        f"create policy app_exchanges on refresh_tokens to {ROLES.app} using (true) with check (true)",
        f"grant select, insert, delete, update (expires_at, revoked_at) on refresh_families to {ROLES.app}",
        f"grant select, insert, update (spent_at) on refresh_tokens to {ROLES.app}",
    ]


def _organisations() -> list[str]:
    # Written by their tenant; read by their tenant, and by each member for themselves from anywhere.
    return [
        *tenant_table("organisations", ROLES, grant="select, insert"),
        *tenant_table("memberships", ROLES, grant="select, insert, update (role), delete"),
        f"create policy own_memberships on memberships for select to {ROLES.app} using (account_id = {ACCOUNT})",
        (
            f"create policy own_organisations on organisations for select to {ROLES.app} using (exists ("
            f"select from memberships m where m.tenant_id = organisations.tenant_id and m.account_id = {ACCOUNT}))"
        ),
    ]


def downgrade() -> None:
    # The policy on organisations looks into memberships, so it goes before them.
    op.execute("drop policy own_organisations on organisations")
    for table in (
        "idempotency_keys",
        "inbox",
        "outbox",
        "memberships",
        "organisations",
        "refresh_tokens",
        "refresh_families",
        "accounts",
    ):
        op.drop_table(table)

"""Verified addresses, letters and the tokens that go with them, authenticator apps, and who must have one."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import ACCOUNT, Roles, forced

revision = "auth_0003"
down_revision = "auth_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("auth_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Accounts that were there before have shown nothing yet; their people ask for a letter when they need it.
    op.add_column("accounts", sa.Column("email_verified_at", MOMENT))
    op.add_column("organisations", sa.Column("requires_totp", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "mail_tokens",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("spent_at", MOMENT),
        sa.PrimaryKeyConstraint("digest", name="mail_tokens_pkey"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="mail_tokens_account", ondelete="CASCADE"),
        sa.CheckConstraint("octet_length(digest) = 32", name="mail_tokens_digest"),
        sa.CheckConstraint("purpose in ('verify_email', 'reset_password')", name="mail_tokens_purpose"),
        sa.CheckConstraint("expires_at > issued_at", name="mail_tokens_times"),
    )
    op.create_index("mail_tokens_account_id", "mail_tokens", ["account_id"])
    op.create_index("mail_tokens_expires_at", "mail_tokens", ["expires_at"])
    op.create_table(
        "mail_queue",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("failed_at", MOMENT),
        sa.Column("dead_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="mail_queue_pkey"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="mail_queue_account", ondelete="CASCADE"),
        sa.CheckConstraint("num_nulls(sealed, dead_at) = 1", name="mail_queue_dead"),
    )
    op.create_index("mail_queue_account_id", "mail_queue", ["account_id"])
    op.create_index("mail_queue_due", "mail_queue", ["due_at"], postgresql_where=sa.text("dead_at is null"))
    op.create_table(
        "totp_factors",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("enrolled_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.BigInteger),
        sa.PrimaryKeyConstraint("account_id", name="totp_factors_pkey"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="totp_factors_account", ondelete="CASCADE"),
        sa.CheckConstraint("num_nulls(confirmed_at, last_step) in (0, 2)", name="totp_factors_confirmed"),
    )
    op.create_table(
        "totp_recovery_codes",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("spent_at", MOMENT),
        sa.PrimaryKeyConstraint("account_id", "digest", name="totp_recovery_codes_pkey"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["totp_factors.account_id"], name="totp_recovery_codes_factor", ondelete="CASCADE"
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name="totp_recovery_codes_digest"),
    )
    for statement in (*_columns(), *_mail_tokens(), *_mail_queue(), *_totp()):
        op.execute(statement)


def _columns() -> list[str]:
    return [
        f"grant update (email_verified_at) on accounts to {ROLES.app}",
        f"grant update (requires_totp) on organisations to {ROLES.app}",
    ]


def _mail_tokens() -> list[str]:
    # Whoever brings a token is unknown until it is found; the rows hold digests alone. Only their account spends them.
    # Old ones go by age, whosever they are.
    return [
        *forced("mail_tokens"),
        f"create policy app_finds on mail_tokens for select to {ROLES.app} using (true)",
        f"create policy own_tokens on mail_tokens for insert to {ROLES.app} with check (account_id = {ACCOUNT})",
        (
            f"create policy own_spending on mail_tokens for update to {ROLES.app} "
            f"using (account_id = {ACCOUNT}) with check (account_id = {ACCOUNT})"
        ),
        f"create policy app_tidies on mail_tokens for delete to {ROLES.app} using (expires_at < now())",
        f"grant select, insert, update (spent_at), delete on mail_tokens to {ROLES.app}",
    ]


def _mail_queue() -> list[str]:
    # The app role puts letters in, for its account or, where somebody asks for a reset, for nobody that is known; it
    # reads none. The relay role sends them.
    return [
        *forced("mail_queue"),
        (
            f"create policy own_letters on mail_queue for insert to {ROLES.app} "
            f"with check (account_id is not distinct from {ACCOUNT})"
        ),
        f"create policy relay_sends on mail_queue to {ROLES.relay} using (true) with check (true)",
        f"grant insert on mail_queue to {ROLES.app}",
        (
            "grant select, delete, update (sealed, due_at, leased_until, tries, last_error, failed_at, dead_at) "
            f"on mail_queue to {ROLES.relay}"
        ),
    ]


def _totp() -> list[str]:
    return [
        statement
        for table, grant in (
            ("totp_factors", "select, insert, delete, update (sealed_secret, enrolled_at, confirmed_at, last_step)"),
            ("totp_recovery_codes", "select, insert, delete, update (spent_at)"),
        )
        for statement in (
            *forced(table),
            (
                f"create policy own_factor on {table} to {ROLES.app} "
                f"using (account_id = {ACCOUNT}) with check (account_id = {ACCOUNT})"
            ),
            f"grant {grant} on {table} to {ROLES.app}",
        )
    ]


def downgrade() -> None:
    for table in ("totp_recovery_codes", "totp_factors", "mail_queue", "mail_tokens"):
        op.drop_table(table)
    op.drop_column("organisations", "requires_totp")
    op.drop_column("accounts", "email_verified_at")

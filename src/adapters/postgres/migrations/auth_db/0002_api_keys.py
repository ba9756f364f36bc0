"""API keys of organisations, by which their other services sign in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.security import ACCOUNT, Roles, tenant_table

revision = "auth_0002"
down_revision = "auth_0001"
branch_labels = None
depends_on = None

ROLES = Roles.of("auth_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # created_by and revoked_by outlive their accounts: they are there to say who did it.
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_by", sa.Uuid),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="api_keys_pkey"),
        sa.UniqueConstraint("id", name="api_keys_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["organisations.tenant_id"], name="api_keys_organisation"),
        sa.CheckConstraint("octet_length(digest) = 32", name="api_keys_digest"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="api_keys_scopes"),
        sa.CheckConstraint("expires_at > created_at", name="api_keys_times"),
        sa.CheckConstraint("num_nulls(revoked_at, revoked_by) in (0, 2)", name="api_keys_revoked"),
    )
    for statement in (
        *tenant_table("api_keys", ROLES, grant="select, insert, update (last_used_at, revoked_at, revoked_by)"),
        # Whoever brings a key is unknown until it is found. It acts as an account of its own id, and sees that one row.
        f"create policy own_key on api_keys for select to {ROLES.app} using (id = {ACCOUNT})",
        (
            f"create policy own_use on api_keys for update to {ROLES.app} "
            f"using (id = {ACCOUNT}) with check (id = {ACCOUNT})"
        ),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("api_keys")

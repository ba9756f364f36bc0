"""Profiles, preferences, billing addresses, what people asked about their data, and the messaging tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, messaging, person_owned, relay_finds
from adapters.postgres.tables.messaging import messaging_tables

revision = "user_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("user_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user_profiles",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("display_name", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("time_zone", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="user_profiles_pkey"),
    )
    op.create_table(
        "user_preferences",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("marketing_opt_in", sa.Boolean, nullable=False),
        sa.Column("order_updates", sa.Boolean, nullable=False),
        sa.Column("product_updates", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="user_preferences_pkey"),
    )
    op.create_table(
        "billing_addresses",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("line1", sa.Text, nullable=False),
        sa.Column("line2", sa.Text),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text),
        sa.Column("country", sa.CHAR(2), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="billing_addresses_pkey"),
    )
    op.create_table(
        "personal_data_requests",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("parts", JSONB, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("bundle", JSONB),
        sa.PrimaryKeyConstraint("account_id", "id", name="personal_data_requests_pkey"),
        sa.CheckConstraint("kind in ('export', 'erasure')", name="personal_data_requests_kind"),
        sa.CheckConstraint("status in ('open', 'done', 'expired')", name="personal_data_requests_status"),
        sa.CheckConstraint("(status = 'open') = (finished_at is null)", name="personal_data_requests_finished"),
        sa.CheckConstraint("kind = 'export' or bundle is null", name="personal_data_requests_bundle"),
    )
    op.create_index(
        "personal_data_requests_one_open",
        "personal_data_requests",
        ["account_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "personal_data_requests_due",
        "personal_data_requests",
        ["due_at"],
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_table(
        "personal_data_pages",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "request_id", "service", "page", name="personal_data_pages_pkey"),
        sa.ForeignKeyConstraint(
            ["account_id", "request_id"],
            ["personal_data_requests.account_id", "personal_data_requests.id"],
            name="personal_data_pages_request",
            ondelete="CASCADE",
        ),
    )
    messages = sa.MetaData()
    messaging_tables(messages, tenant_owned=False)
    messages.create_all(op.get_bind())
    for statement in (
        *person_owned("user_profiles", ROLES),
        *person_owned("user_preferences", ROLES),
        *person_owned("billing_addresses", ROLES),
        *person_owned("personal_data_requests", ROLES),
        *person_owned("personal_data_pages", ROLES),
        *relay_finds("personal_data_requests", ROLES, columns=("account_id", "id", "due_at")),
        *messaging(ROLES, tenant_owned=False),
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "inbox",
        "outbox",
        "personal_data_pages",
        "personal_data_requests",
        "billing_addresses",
        "user_preferences",
        "user_profiles",
    ):
        op.drop_table(table)

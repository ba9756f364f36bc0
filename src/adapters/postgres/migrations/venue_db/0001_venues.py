"""Venues, their settings and layout sections, organisers' settings, and the messaging tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.security import Roles, messaging, tenant_table
from adapters.postgres.tables.messaging import messaging_tables

revision = "venue_0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "venues",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("line1", sa.Text, nullable=False),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("subdivision", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="venues_pkey"),
        sa.UniqueConstraint("tenant_id", "slug", name="venues_slug"),
        sa.CheckConstraint("capacity > 0", name="venues_capacity"),
    )
    op.create_index("venues_live", "venues", ["tenant_id", "id"], postgresql_where=sa.text("deleted_at is null"))
    op.create_table(
        "venue_settings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "venue_id", name="venue_settings_pkey"),
    )
    op.create_table(
        "venue_sections",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("column_count", sa.Integer, nullable=False),
        sa.Column("position", JSONB, nullable=False),
        sa.Column("display_order", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="venue_sections_pkey"),
        sa.UniqueConstraint("tenant_id", "venue_id", "name", name="venue_sections_name"),
        sa.CheckConstraint("kind in ('seated', 'ga')", name="venue_sections_kind"),
    )
    op.create_table(
        "organizer_settings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("hold_ttl_s", sa.Integer, nullable=False, server_default=sa.text("600")),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="organizer_settings_pkey"),
        sa.CheckConstraint("hold_ttl_s between 60 and 3600", name="organizer_settings_hold_ttl_s"),
    )
    messages = sa.MetaData()
    messaging_tables(messages)
    messages.create_all(op.get_bind())
    for table in ("venues", "venue_settings", "venue_sections", "organizer_settings"):
        for statement in tenant_table(table, ROLES):
            op.execute(statement)
    for statement in messaging(ROLES):
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "inbox",
        "outbox",
        "organizer_settings",
        "venue_sections",
        "venue_settings",
        "venues",
    ):
        op.drop_table(table)

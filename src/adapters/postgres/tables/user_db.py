"""user_db: profiles, preferences, billing addresses, and what people asked about their data."""

from sqlalchemy import (
    CHAR,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.messaging import messaging_tables

metadata = MetaData()
_MOMENT = DateTime(timezone=True)

user_profiles = Table(
    "user_profiles",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("display_name", Text),
    Column("locale", Text),
    Column("time_zone", Text),
    Column("version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", name="user_profiles_pkey"),
)

user_preferences = Table(
    "user_preferences",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("marketing_opt_in", Boolean, nullable=False),
    Column("order_updates", Boolean, nullable=False),
    Column("product_updates", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", name="user_preferences_pkey"),
)

billing_addresses = Table(
    "billing_addresses",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("line1", Text, nullable=False),
    Column("line2", Text),
    Column("city", Text, nullable=False),
    Column("postal_code", Text),
    Column("country", CHAR(2), nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("account_id", name="billing_addresses_pkey"),
)

personal_data_requests = Table(
    "personal_data_requests",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("email", Text),
    Column("parts", JSONB, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("requested_at", _MOMENT, nullable=False),
    Column("due_at", _MOMENT),
    Column("finished_at", _MOMENT),
    Column("bundle", JSONB),
    Column("second_look", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("account_id", "id", name="personal_data_requests_pkey"),
    CheckConstraint("kind in ('export', 'erasure')", name="personal_data_requests_kind"),
    CheckConstraint("status in ('open', 'done', 'expired')", name="personal_data_requests_status"),
    CheckConstraint("(status = 'open') = (finished_at is null)", name="personal_data_requests_finished"),
    CheckConstraint("kind = 'export' or bundle is null", name="personal_data_requests_bundle"),
)
"""What people asked about their data. That of an erasure stays, and names nobody: it keeps the person forgotten."""

Index(
    "personal_data_requests_one_open",
    personal_data_requests.c.account_id,
    personal_data_requests.c.kind,
    unique=True,
    postgresql_where=text("status = 'open'"),
)
Index(
    "personal_data_requests_due",
    personal_data_requests.c.due_at,
    postgresql_where=text("due_at is not null"),
)

personal_data_pages = Table(
    "personal_data_pages",
    metadata,
    Column("account_id", Uuid, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("service", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("data", JSONB, nullable=False),
    PrimaryKeyConstraint("account_id", "request_id", "service", "page", name="personal_data_pages_pkey"),
    ForeignKeyConstraint(
        ["account_id", "request_id"],
        ["personal_data_requests.account_id", "personal_data_requests.id"],
        name="personal_data_pages_request",
        ondelete="CASCADE",
    ),
)
"""What the services answered so far; it goes when the bundle is made."""

messaging_tables(metadata, tenant_owned=False)

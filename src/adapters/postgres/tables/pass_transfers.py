"""venue_db: transfers of passes to persons."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables import listings

metadata = listings.metadata
_TRANSFERS = Table(
    "pass_transfers",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("pass_id", Uuid, nullable=False),
    Column("from_account_id", Uuid, nullable=False),
    Column("to_email", Text, nullable=False),
    Column("to_email_key", Text, nullable=False),
    Column("to_account_id", Uuid),
    Column("holder_name", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("offered_at", DateTime(timezone=True)),
    Column("lapses_at", DateTime(timezone=True), nullable=False),
    Column("offer_tied", Boolean, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("subject", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="pass_transfers_pkey"),
    CheckConstraint(
        "status in ('OPENING', 'OFFERED', 'ACCEPTING', 'ACCEPTED', 'DECLINED', 'LAPSED', 'WITHDRAWN')",
        name="pass_transfers_status",
    ),
    CheckConstraint(
        "to_account_id is not null or status not in ('ACCEPTING', 'ACCEPTED')", name="pass_transfers_taken"
    ),
    CheckConstraint("offered_at is not null or status in ('OPENING', 'LAPSED')", name="pass_transfers_offered"),
    CheckConstraint("reason is null or status = 'LAPSED'", name="pass_transfers_reason"),
)
Index(
    "pass_transfers_live_of_pass",
    _TRANSFERS.c.tenant_id,
    _TRANSFERS.c.pass_id,
    unique=True,
    postgresql_where=text("status in ('OPENING', 'OFFERED', 'ACCEPTING')"),
)
Index("pass_transfers_sent", _TRANSFERS.c.tenant_id, _TRANSFERS.c.from_account_id, _TRANSFERS.c.id)
Index("pass_transfers_made", _TRANSFERS.c.tenant_id, _TRANSFERS.c.from_account_id, _TRANSFERS.c.created_at)
Index("pass_transfers_received", _TRANSFERS.c.tenant_id, _TRANSFERS.c.to_email_key, _TRANSFERS.c.id)
Index(
    "pass_transfers_due",
    *(_TRANSFERS.c.due_at, _TRANSFERS.c.tenant_id),
    postgresql_where=text("due_at is not null"),
)

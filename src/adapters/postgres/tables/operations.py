"""venue_db: long operations on venues, and their history."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables import venue_db

_LIVE = text("status in ('pending', 'in_progress')")

metadata = venue_db.metadata
_operations = Table(
    "venue_operations",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("venue_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("steps", ARRAY(Text), nullable=False),
    Column("current_step", Text),
    Column("checkpoint_data", JSONB, nullable=False),
    Column("cursor", JSONB),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("base_done", BigInteger, nullable=False),
    Column("base_at", DateTime(timezone=True), nullable=False),
    Column("progress_at", DateTime(timezone=True), nullable=False),
    Column("ending", Text),
    Column("cancel_requested_at", DateTime(timezone=True)),
    Column("lease_owner", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", DateTime(timezone=True)),
    Column("error", Text),
    Column("started_by", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "id", name="venue_operations_pkey"),
    CheckConstraint(
        "status in ('pending', 'in_progress', 'completed', 'failed', 'cancelled')", name="venue_operations_status"
    ),
    CheckConstraint("ending in ('failed', 'cancelled')", name="venue_operations_ending"),
    CheckConstraint("cardinality(steps) > 0", name="venue_operations_steps"),
    CheckConstraint("(status in ('pending', 'in_progress')) = (finished_at is null)", name="venue_operations_finished"),
    CheckConstraint(
        "(lease_owner is null) = (lease_until is null) and (status = 'in_progress' or lease_owner is null)",
        name="venue_operations_lease",
    ),
    CheckConstraint(
        "done >= 0 and total >= 0 and tries >= 0 and version >= 1",
        name="venue_operations_counts",
    ),
)
Index(
    "venue_operations_live",
    *(_operations.c.tenant_id, _operations.c.venue_id, _operations.c.type),
    unique=True,
    postgresql_where=_LIVE,
)
Index("venue_operations_of_venue", _operations.c.tenant_id, _operations.c.venue_id, _operations.c.id)
Index("venue_operations_free", _operations.c.updated_at, _operations.c.tenant_id, postgresql_where=_LIVE)
_log = Table(
    "venue_operation_log",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("operation_id", Uuid, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("account_id", Uuid),
    Column("step", Text),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="venue_operation_log_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "operation_id"],
        ["venue_operations.tenant_id", "venue_operations.id"],
        name="venue_operation_log_operation",
        ondelete="CASCADE",
    ),
)
Index("venue_operation_log_of_operation", _log.c.tenant_id, _log.c.operation_id, _log.c.id)

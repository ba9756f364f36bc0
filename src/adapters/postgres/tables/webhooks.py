"""The webhook inbox of a service, and how far the list of events beside it has been read."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)


def webhook_table(metadata: MetaData, name: str) -> Table:
    """Add the inbox of webhooks to the metadata. Whose one is may be unknown until, and even after, it was read."""
    table = Table(
        name,
        metadata,
        Column("id", Uuid, nullable=False),
        Column("source", Text, nullable=False),
        Column("event_id", Text, nullable=False),
        Column("event_type", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("status", Text, nullable=False),
        Column("retry_count", Integer, nullable=False),
        Column("due_at", DateTime(timezone=True)),
        Column("error_message", Text),
        Column("processed_at", DateTime(timezone=True)),
        Column("tenant_id", Uuid),
        Column("account", Text),
        Column("note", Text),
        PrimaryKeyConstraint("id", name=f"{name}_pkey"),
        UniqueConstraint("source", "event_id", name=f"{name}_event"),
        CheckConstraint(
            "status in ('received', 'processing', 'retrying', 'completed', 'failed')", name=f"{name}_status"
        ),
    )
    Index(f"{name}_due", table.c.due_at, postgresql_where=text("due_at is not null"))
    Index(f"{name}_unhandled", table.c.id, postgresql_where=text("status <> 'completed'"))
    Index(f"{name}_of_tenant", table.c.tenant_id, table.c.id, postgresql_where=text("tenant_id is not null"))
    Index(f"{name}_done", table.c.processed_at, postgresql_where=text("status = 'completed'"))
    return table


def reading_table(metadata: MetaData, name: str) -> Table:
    """Add to the metadata how far providers' own lists of events have been read."""
    return Table(
        name,
        metadata,
        Column("source", Text, nullable=False),
        Column("since", DateTime(timezone=True), nullable=False),
        Column("newest", DateTime(timezone=True)),
        Column("after", Text),
        Column("read_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("source", name=f"{name}_pkey"),
        CheckConstraint("(newest is null) = (after is null)", name=f"{name}_under_way"),
    )

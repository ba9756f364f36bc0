"""The tables that every service database has: outbox, inbox, and the keys of idempotent requests."""

from sqlalchemy import (
    CHAR,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB


def messaging_tables(
    metadata: MetaData, *, tenant_owned: bool = True, payload_as_text: bool = False
) -> tuple[Table, Table, Table]:
    """Add outbox, inbox and idempotency_keys to the metadata.

    `tenant_owned` is false for the one database whose events may belong to no tenant (auth_db), and `payload_as_text`
    true for the one whose events are so many that taking each apart as jsonb would cost too much (venue_db).
    """
    outbox = Table(
        "outbox",
        metadata,
        Column("tenant_id", Uuid, nullable=not tenant_owned),
        Column("id", Uuid, nullable=False),
        Column("aggregate_id", Uuid, nullable=False),
        Column("event_type", Text, nullable=False),
        Column("payload", JSON if payload_as_text else JSONB, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("retry_at", DateTime(timezone=True)),
        Column("leased_until", DateTime(timezone=True)),
        Column("last_error", Text),
        Column("published_at", DateTime(timezone=True)),
        Column("dead_at", DateTime(timezone=True)),
        Column("traceparent", Text),
        PrimaryKeyConstraint(*(("tenant_id", "id") if tenant_owned else ("id",)), name="outbox_pkey"),
    )
    waiting = text("published_at is null and dead_at is null")
    Index("outbox_waiting", outbox.c.id, outbox.c.tenant_id, postgresql_where=waiting)
    Index("outbox_dead", outbox.c.id, outbox.c.tenant_id, postgresql_where=text("dead_at is not null"))
    Index(
        "outbox_published",
        *(outbox.c.published_at, outbox.c.tenant_id),
        postgresql_where=text("published_at is not null"),
    )
    inbox = Table(
        "inbox",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("consumer", Text, nullable=False),
        Column("accepted_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "event_id", "consumer", name="inbox_pkey"),
    )
    Index("inbox_accepted_at", inbox.c.accepted_at, inbox.c.tenant_id)
    idempotency_keys = Table(
        "idempotency_keys",
        metadata,
        Column("tenant_id", Uuid, nullable=not tenant_owned),
        Column("account_id", Uuid, nullable=False),
        Column("key", Text, nullable=False),
        Column("request_hash", LargeBinary, nullable=False),
        Column("leased_until", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Column("status", Integer),
        Column("headers", JSONB),
        Column("body", LargeBinary),
        UniqueConstraint(
            "tenant_id", "account_id", "key", name="idempotency_keys_scope", postgresql_nulls_not_distinct=True
        ),
    )
    Index("idempotency_keys_expires_at", idempotency_keys.c.expires_at, idempotency_keys.c.tenant_id)
    return outbox, inbox, idempotency_keys


def currency_column(name: str = "currency") -> Column[str]:
    """Make a column for an ISO 4217 code."""
    return Column(name, CHAR(3), nullable=False)

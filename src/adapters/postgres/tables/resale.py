"""venue_db: policies and facts of resale, sellers' verifications, blocks, and the history of passes."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
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
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables import seating
from adapters.postgres.tables.resale_evaluations import evaluation_tables
from adapters.postgres.tables.resale_receipts import receipt_tables


def _settings(metadata: MetaData, *, current: str, changes: str) -> None:
    Table(
        current,
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("venue_id", Uuid),
        Column("ticket_id", Uuid),
        Column("document", JSONB),
        Column("version", Integer, nullable=False),
        Column("changed_by", Uuid, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name=f"{current}_pkey"),
        UniqueConstraint(
            "tenant_id", "venue_id", "ticket_id", name=f"{current}_target", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("venue_id is null or ticket_id is null", name=f"{current}_one_target"),
        CheckConstraint("version >= 1", name=f"{current}_version"),
    )
    Table(
        changes,
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("setting_id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("document", JSONB),
        Column("changed_by", Uuid, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "setting_id", "version", name=f"{changes}_pkey"),
    )


def _verifications(metadata: MetaData) -> None:
    rows = Table(
        "seller_verifications",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("venue_id", Uuid),
        Column("kind", Text, nullable=False),
        Column("about", Text, nullable=False),
        Column("evidence", JSONB, nullable=False),
        Column("status", Text, nullable=False),
        Column("provider", Text, nullable=False),
        Column("provider_reference", Text),
        Column("reason", Text),
        Column("decided_by", Uuid),
        Column("decided_at", DateTime(timezone=True)),
        Column("expires_at", DateTime(timezone=True)),
        Column("version", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="seller_verifications_pkey"),
        CheckConstraint(
            "status in ('pending', 'in_review', 'verified', 'rejected', 'expired')", name="seller_verifications_status"
        ),
        CheckConstraint(
            "decided_at is not null or status in ('pending', 'in_review')", name="seller_verifications_decided"
        ),
        CheckConstraint(
            "expires_at is not null or status not in ('verified', 'expired')", name="seller_verifications_expires"
        ),
    )
    Index(
        "seller_verifications_one_open",
        *(rows.c.tenant_id, rows.c.account_id, rows.c.kind, rows.c.about, rows.c.venue_id),
        unique=True,
        postgresql_where=text("status in ('pending', 'in_review')"),
        postgresql_nulls_not_distinct=True,
    )
    Index(
        "seller_verifications_ending",
        *(rows.c.expires_at, rows.c.tenant_id),
        postgresql_where=text("status = 'verified'"),
    )


def _blocks(metadata: MetaData) -> None:
    rows = Table(
        "resale_blocks",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("reason", Text, nullable=False),
        Column("blocked_by", Uuid, nullable=False),
        Column("blocked_at", DateTime(timezone=True), nullable=False),
        Column("until", DateTime(timezone=True)),
        Column("ended_by", Uuid),
        Column("ended_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="resale_blocks_pkey"),
        CheckConstraint("(ended_by is null) = (ended_at is null)", name="resale_blocks_ended"),
        CheckConstraint("until > blocked_at", name="resale_blocks_until"),
    )
    Index("resale_blocks_of_account", rows.c.tenant_id, rows.c.account_id)


def _history(metadata: MetaData) -> None:
    Table(
        "resale_lineages",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("entries_count", Integer, nullable=False, server_default=text("0")),
        Column("handed_on_count", Integer, nullable=False, server_default=text("0")),
        Column("head", LargeBinary),
        PrimaryKeyConstraint("tenant_id", "id", name="resale_lineages_pkey"),
        CheckConstraint("handed_on_count between 0 and entries_count", name="resale_lineages_counts"),
        CheckConstraint("(head is null) = (entries_count = 0)", name="resale_lineages_head"),
    )
    rows = Table(
        "transfer_history",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("lineage_id", Uuid, nullable=False),
        Column("position", Integer, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("kind", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("from_account_id", Uuid),
        Column("to_account_id", Uuid),
        Column("pass_id", Uuid, nullable=False),
        Column("old_pass_id", Uuid),
        Column("price_minor", BigInteger),
        Column("currency", Text),
        Column("components", JSONB),
        Column("country", Text),
        Column("subdivision", Text),
        Column("verdict_id", Uuid),
        Column("prev_hash", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        PrimaryKeyConstraint("tenant_id", "lineage_id", "position", name="transfer_history_pkey"),
        CheckConstraint("kind in ('purchase', 'transfer', 'resale', 'return', 'refund')", name="transfer_history_kind"),
        CheckConstraint("position >= 1", name="transfer_history_position"),
        CheckConstraint(
            "price_minor >= 0 and (price_minor is null) = (currency is null)", name="transfer_history_price"
        ),
        CheckConstraint("length(prev_hash) = 32 and length(hash) = 32", name="transfer_history_hashes"),
    )
    Index("transfer_history_from", rows.c.tenant_id, rows.c.from_account_id, rows.c.at)
    Index("transfer_history_to", rows.c.tenant_id, rows.c.to_account_id, rows.c.at)


metadata = seating.metadata
_settings(metadata, current="resale_policies", changes="resale_policy_changes")
_settings(metadata, current="resale_facts", changes="resale_fact_changes")
_verifications(metadata)
_blocks(metadata)
_history(metadata)
receipt_tables(metadata)
evaluation_tables(metadata)

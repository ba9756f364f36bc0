"""venue_db: verdicts with their receipts, and the keys that sign receipts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def receipt_tables(metadata: MetaData) -> None:
    """Add them to what venue_db has."""
    verdicts = Table(
        "resale_verdicts",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("pass_id", Uuid),
        Column("allowed", Boolean, nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        Column("currency", Text, nullable=False),
        Column("outcome", JSONB, nullable=False),
        Column("rulebook_version", Text, nullable=False),
        Column("grounds", Text, nullable=False),
        Column("receipt", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="resale_verdicts_pkey"),
        CheckConstraint("price_minor >= 0", name="resale_verdicts_price"),
    )
    Index(
        "resale_verdicts_of_pass",
        *(verdicts.c.tenant_id, verdicts.c.pass_id, verdicts.c.id),
        postgresql_where=verdicts.c.pass_id.is_not(None),
    )
    Table(
        "resale_receipt_keys",
        metadata,
        Column("key_id", Text, nullable=False),
        Column("public_key", LargeBinary, nullable=False),
        Column("sealed_private_key", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("key_id", name="resale_receipt_keys_pkey"),
        CheckConstraint("length(public_key) = 32", name="resale_receipt_keys_public_key"),
    )

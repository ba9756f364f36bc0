"""venue_db: what operations on seating plans need: documents, kept for a while, and fences."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Uuid,
    text,
)

from adapters.postgres.tables import venue_db

metadata = venue_db.metadata

documents = Table(
    "plan_documents",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("venue_id", Uuid, nullable=False),
    Column("sent_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("bytes_count", BigInteger),
    Column("sha256", LargeBinary),
    PrimaryKeyConstraint("tenant_id", "id", name="plan_documents_pkey"),
    CheckConstraint(
        "(bytes_count is null) = (sha256 is null) and bytes_count >= 0 and octet_length(sha256) = 32",
        name="plan_documents_whole",
    ),
)
Index("plan_documents_due", documents.c.expires_at, documents.c.tenant_id)
Table(
    "plan_document_chunks",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "document_id", "position", name="plan_document_chunks_pkey"),
    ForeignKeyConstraint(
        ["tenant_id", "document_id"],
        ["plan_documents.tenant_id", "plan_documents.id"],
        name="plan_document_chunks_document",
        ondelete="CASCADE",
    ),
)

fences = Table(
    "seating_fences",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("operation_id", Uuid, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("tenant_id", "operation_id", name="seating_fences_pkey"),
)

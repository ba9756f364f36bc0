"""venue_db: imported rulebooks, their activations, and runs that judge the listings again."""

from sqlalchemy import (
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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

_RUNNING = text("status = 'running'")


def evaluation_tables(metadata: MetaData) -> None:
    """Add them to what venue_db has."""
    _rulebooks(metadata)
    _evaluations(metadata)


def _rulebooks(metadata: MetaData) -> None:
    Table(
        "rulebooks",
        metadata,
        Column("version", Text, nullable=False),
        Column("files", JSONB, nullable=False),
        Column("imported_by", Text, nullable=False),
        Column("imported_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("version", name="rulebooks_pkey"),
    )
    Table(
        "rulebook_activations",
        metadata,
        Column("number", Integer, nullable=False, autoincrement=False),
        Column("version", Text, nullable=False),
        Column("previous_version", Text, nullable=False),
        Column("active_from", DateTime(timezone=True), nullable=False),
        Column("activated_by", Text, nullable=False),
        Column("activated_at", DateTime(timezone=True), nullable=False),
        Column("reason", Text, nullable=False),
        PrimaryKeyConstraint("number", name="rulebook_activations_pkey"),
        ForeignKeyConstraint(["version"], ["rulebooks.version"], name="rulebook_activations_version"),
        ForeignKeyConstraint(["previous_version"], ["rulebooks.version"], name="rulebook_activations_previous"),
        CheckConstraint("number >= 1", name="rulebook_activations_number"),
        CheckConstraint("active_from > activated_at", name="rulebook_activations_ahead"),
        CheckConstraint("reason <> '' and activated_by <> ''", name="rulebook_activations_reason"),
    )


def _evaluations(metadata: MetaData) -> None:
    runs = Table(
        "listing_evaluations",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("venue_id", Uuid),
        Column("ticket_id", Uuid),
        Column("why", Text, nullable=False),
        Column("preview", Boolean, nullable=False),
        Column("rulebook_version", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("cursor", Uuid),
        *(
            Column(name, Integer, nullable=False)
            for name in ("total", "suspended", "resumed", "ended", "unchanged", "not_judged")
        ),
        Column("lease_owner", Uuid),
        Column("lease_until", DateTime(timezone=True)),
        Column("again", Text),
        Column("started_by", Uuid),
        Column("started_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("finished_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "id", name="listing_evaluations_pkey"),
        CheckConstraint("venue_id is null or ticket_id is null", name="listing_evaluations_target"),
        CheckConstraint(
            "why in ('rulebook', 'policy', 'facts', 'by_hand') and again in ('rulebook', 'policy', 'facts', 'by_hand')",
            name="listing_evaluations_why",
        ),
        CheckConstraint("status in ('running', 'completed', 'cancelled')", name="listing_evaluations_status"),
        CheckConstraint("(status = 'running') = (finished_at is null)", name="listing_evaluations_finished"),
        CheckConstraint(
            "(lease_owner is null) = (lease_until is null) and (status = 'running' or lease_owner is null)",
            name="listing_evaluations_lease",
        ),
        CheckConstraint(
            "least(suspended, resumed, ended, unchanged, not_judged) >= 0 "
            "and total >= suspended + resumed + ended + unchanged + not_judged",
            name="listing_evaluations_counts",
        ),
    )
    Index(
        "listing_evaluations_running",
        *(runs.c.tenant_id, runs.c.preview, runs.c.venue_id, runs.c.ticket_id),
        unique=True,
        postgresql_where=_RUNNING,
        postgresql_nulls_not_distinct=True,
    )
    Index("listing_evaluations_free", runs.c.updated_at, runs.c.tenant_id, postgresql_where=_RUNNING)
    Table(
        "listing_evaluation_findings",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("evaluation_id", Uuid, nullable=False),
        Column("listing_id", Uuid, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("found_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "evaluation_id", "listing_id", name="listing_evaluation_findings_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "evaluation_id"],
            ["listing_evaluations.tenant_id", "listing_evaluations.id"],
            name="listing_evaluation_findings_run",
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "outcome in ('suspended', 'resumed', 'ended', 'not_judged')", name="listing_evaluation_findings_outcome"
        ),
    )

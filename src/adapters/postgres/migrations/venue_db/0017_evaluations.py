"""Rulebooks that were imported, which of them is in use when, and runs that judge the listings again.

Rulebooks belong to the installation and to no tenant. Services may only read them: they are imported and activated by
whoever runs the installation, as the role that owns the tables, which itself may neither change nor delete one.
"""

from alembic import op

from adapters.postgres.security import Roles, forced, relay_finds, tenant_table

revision = "venue_0017"
down_revision = "venue_0016"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

RULEBOOKS = """
create table rulebooks (
    version text not null, files jsonb not null, imported_by text not null, imported_at timestamptz not null,
    constraint rulebooks_pkey primary key (version)
)
"""
ACTIVATIONS = """
create table rulebook_activations (
    number integer not null, version text not null, previous_version text not null, active_from timestamptz not null,
    activated_by text not null, activated_at timestamptz not null, reason text not null,
    constraint rulebook_activations_pkey primary key (number),
    constraint rulebook_activations_version foreign key (version) references rulebooks (version),
    constraint rulebook_activations_previous foreign key (previous_version) references rulebooks (version),
    constraint rulebook_activations_number check (number >= 1),
    constraint rulebook_activations_ahead check (active_from > activated_at),
    constraint rulebook_activations_reason check (reason <> '' and activated_by <> '')
)
"""
EVALUATIONS = """
create table listing_evaluations (
    tenant_id uuid not null, id uuid not null, venue_id uuid, ticket_id uuid, why text not null,
    preview boolean not null, rulebook_version text not null, status text not null, cursor uuid,
    total integer not null, suspended integer not null, resumed integer not null, ended integer not null,
    unchanged integer not null, not_judged integer not null, lease_owner uuid, lease_until timestamptz, again text,
    started_by uuid, started_at timestamptz not null, updated_at timestamptz not null, finished_at timestamptz,
    constraint listing_evaluations_pkey primary key (tenant_id, id),
    constraint listing_evaluations_target check (venue_id is null or ticket_id is null),
    constraint listing_evaluations_why check (
        why in ('rulebook', 'policy', 'facts', 'by_hand') and again in ('rulebook', 'policy', 'facts', 'by_hand')),
    constraint listing_evaluations_status check (status in ('running', 'completed', 'cancelled')),
    constraint listing_evaluations_finished check ((status = 'running') = (finished_at is null)),
    constraint listing_evaluations_lease check (
        (lease_owner is null) = (lease_until is null) and (status = 'running' or lease_owner is null)),
    constraint listing_evaluations_counts check (
        least(suspended, resumed, ended, unchanged, not_judged) >= 0
        and total >= suspended + resumed + ended + unchanged + not_judged)
)
"""
FINDINGS = """
create table listing_evaluation_findings (
    tenant_id uuid not null, evaluation_id uuid not null, listing_id uuid not null, outcome text not null,
    reason text not null, found_at timestamptz not null,
    constraint listing_evaluation_findings_pkey primary key (tenant_id, evaluation_id, listing_id),
    constraint listing_evaluation_findings_run foreign key (tenant_id, evaluation_id)
        references listing_evaluations (tenant_id, id) on delete cascade,
    constraint listing_evaluation_findings_outcome check (outcome in ('suspended', 'resumed', 'ended', 'not_judged'))
)
"""
INDEXES = (
    (
        "create unique index listing_evaluations_running on listing_evaluations"
        " (tenant_id, preview, venue_id, ticket_id) nulls not distinct where status = 'running'"
    ),
    # The worker looks across tenants, so its index does not begin with one.
    "create index listing_evaluations_free on listing_evaluations (updated_at) where status = 'running'",
)
CHANGING = (
    "status, cursor, total, suspended, resumed, ended, unchanged, not_judged, lease_owner, lease_until, again, "
    "updated_at, finished_at"
)


def upgrade() -> None:
    for statement in (
        RULEBOOKS,
        ACTIVATIONS,
        *_kept_by_owner("rulebooks"),
        *_kept_by_owner("rulebook_activations"),
        EVALUATIONS,
        FINDINGS,
        *INDEXES,
        *tenant_table("listing_evaluations", ROLES, grant="select, insert"),
        f"grant update ({CHANGING}) on listing_evaluations to {ROLES.app}",
        *tenant_table("listing_evaluation_findings", ROLES, grant="select, insert"),
        *relay_finds(
            "listing_evaluations",
            ROLES,
            columns=(
                *("tenant_id", "id", "venue_id", "ticket_id", "preview", "rulebook_version", "status"),
                *("lease_until", "updated_at"),
            ),
        ),
        f"grant select (status) on listings to {ROLES.relay}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"revoke select (status) on listings from {ROLES.relay}")
    for table in ("listing_evaluation_findings", "listing_evaluations", "rulebook_activations", "rulebooks"):
        op.drop_table(table)


def _kept_by_owner(table: str) -> list[str]:
    """Let services read, and the owner read and add; nobody changes or deletes.

    The owner keeps the right to update, which its own foreign keys lock rows by; no policy shows it a row to change.
    """
    return [
        *forced(table),
        f"create policy app_reads on {table} for select to {ROLES.app} using (true)",
        f"grant select on {table} to {ROLES.app}",
        f"create policy owner_reads on {table} for select to {ROLES.owner} using (true)",
        f"create policy owner_adds on {table} for insert to {ROLES.owner} with check (true)",
        f"revoke delete, truncate on {table} from {ROLES.owner}",
    ]

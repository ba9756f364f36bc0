"""Long operations on venues: their steps, checkpoints and leases, and a history that nobody changes."""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0018"
down_revision = "venue_0017"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

OPERATIONS = """
create table venue_operations (
    tenant_id uuid not null, id uuid not null, venue_id uuid not null, type text not null, status text not null,
    params jsonb not null, steps text[] not null, current_step text, checkpoint_data jsonb not null, cursor jsonb,
    done bigint not null, total bigint, base_done bigint not null, base_at timestamptz not null,
    progress_at timestamptz not null, ending text, cancel_requested_at timestamptz, lease_owner uuid,
    lease_until timestamptz, tries integer not null, next_try_at timestamptz, error text, started_by uuid not null,
    version integer not null, created_at timestamptz not null, updated_at timestamptz not null,
    finished_at timestamptz,
    constraint venue_operations_pkey primary key (tenant_id, id),
    constraint venue_operations_status check (
        status in ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    constraint venue_operations_ending check (ending in ('failed', 'cancelled')),
    constraint venue_operations_steps check (cardinality(steps) > 0),
    constraint venue_operations_finished check ((status in ('pending', 'in_progress')) = (finished_at is null)),
    constraint venue_operations_lease check (
        (lease_owner is null) = (lease_until is null) and (status = 'in_progress' or lease_owner is null)),
    constraint venue_operations_counts check (done >= 0 and total >= 0 and tries >= 0 and version >= 1)
)
"""
LOG = """
create table venue_operation_log (
    tenant_id uuid not null, id uuid not null, operation_id uuid not null, what text not null, at timestamptz not null,
    account_id uuid, step text, detail text not null,
    constraint venue_operation_log_pkey primary key (tenant_id, id),
    constraint venue_operation_log_operation foreign key (tenant_id, operation_id)
        references venue_operations (tenant_id, id) on delete cascade
)
"""
INDEXES = (
    (
        "create unique index venue_operations_live on venue_operations (tenant_id, venue_id, type)"
        " where status in ('pending', 'in_progress')"
    ),
    "create index venue_operations_of_venue on venue_operations (tenant_id, venue_id, id)",
    # The worker looks across tenants, so its index does not begin with one.
    "create index venue_operations_free on venue_operations (updated_at) where status in ('pending', 'in_progress')",
    "create index venue_operation_log_of_operation on venue_operation_log (tenant_id, operation_id, id)",
)
CHANGING = (
    "status, current_step, checkpoint_data, cursor, done, total, base_done, base_at, progress_at, ending, "
    "cancel_requested_at, lease_owner, lease_until, tries, next_try_at, error, version, updated_at, finished_at"
)


def upgrade() -> None:
    for statement in (
        OPERATIONS,
        LOG,
        *INDEXES,
        *tenant_table("venue_operations", ROLES, grant="select, insert"),
        f"grant update ({CHANGING}) on venue_operations to {ROLES.app}",
        *tenant_table("venue_operation_log", ROLES, grant="select, insert"),
        *relay_finds(
            "venue_operations",
            ROLES,
            columns=("tenant_id", "id", "status", "lease_until", "next_try_at", "updated_at"),
        ),
    ):
        op.execute(statement)


def downgrade() -> None:
    for table in ("venue_operation_log", "venue_operations"):
        op.drop_table(table)

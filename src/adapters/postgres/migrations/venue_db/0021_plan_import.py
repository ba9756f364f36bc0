"""Plans that operations write bit by bit, and the documents that they are read from."""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0021"
down_revision = "venue_0020"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# Nobody else may delete a plan: the app role alone, and only one that an operation was still writing.
WRITTEN = (
    "alter table seating_plans add column written_by uuid, add column written_fence bigint",
    """
    alter table seating_plans add constraint seating_plans_written
        check (written_by is null or (written_fence is not null and status = 'draft'))
    """,
    """
    create function refuse_unless_being_written() returns trigger language plpgsql security invoker as $$
    begin
        raise exception 'only a plan that is still being written can be taken back'
            using errcode = 'insufficient_privilege';
    end
    $$
    """,
    """
    create trigger seating_plans_delete_in_writing before delete on seating_plans for each row
    when (old.written_by is null) execute function refuse_unless_being_written()
    """,
    f"grant delete on seating_plans to {ROLES.app}",
)
DOCUMENTS = (
    """
    create table plan_documents (
        tenant_id uuid not null, id uuid not null, venue_id uuid not null, sent_by uuid not null,
        created_at timestamptz not null, expires_at timestamptz not null, bytes_count bigint, sha256 bytea,
        constraint plan_documents_pkey primary key (tenant_id, id),
        constraint plan_documents_whole check (
            (bytes_count is null) = (sha256 is null) and bytes_count >= 0 and octet_length(sha256) = 32)
    )
    """,
    """
    create table plan_document_chunks (
        tenant_id uuid not null, document_id uuid not null, position integer not null, data bytea not null,
        constraint plan_document_chunks_pkey primary key (tenant_id, document_id, position),
        constraint plan_document_chunks_document foreign key (tenant_id, document_id)
            references plan_documents (tenant_id, id) on delete cascade
    )
    """,
    "alter table plan_document_chunks alter column data set storage external",
    # The sweep looks across tenants, so its index does not begin with one.
    "create index plan_documents_due on plan_documents (expires_at)",
    *tenant_table("plan_documents", ROLES, grant="select, insert, delete"),
    f"grant update (expires_at, bytes_count, sha256) on plan_documents to {ROLES.app}",
    *tenant_table("plan_document_chunks", ROLES, grant="select, insert"),
    *relay_finds("plan_documents", ROLES, columns=("tenant_id", "id", "expires_at")),
)


def upgrade() -> None:
    for statement in (*WRITTEN, *DOCUMENTS):
        op.execute(statement)


def downgrade() -> None:
    for table in ("plan_document_chunks", "plan_documents"):
        op.drop_table(table)
    for statement in (
        f"revoke delete on seating_plans from {ROLES.app}",
        "drop trigger seating_plans_delete_in_writing on seating_plans",
        "drop function refuse_unless_being_written()",
        "alter table seating_plans drop column written_by, drop column written_fence",
    ):
        op.execute(statement)

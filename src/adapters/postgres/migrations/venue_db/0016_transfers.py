"""Transfers of passes to persons: at most one that is live for each pass.

What is given, by whom and to which address never changes.
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0016"
down_revision = "venue_0015"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

TRANSFERS = """
create table pass_transfers (
    tenant_id uuid not null, id uuid not null, pass_id uuid not null, from_account_id uuid not null,
    to_email text not null, to_email_key text not null, to_account_id uuid, holder_name text, status text not null,
    reason text, offered_at timestamptz, lapses_at timestamptz not null, offer_tied boolean not null,
    due_at timestamptz, subject jsonb not null, version integer not null,
    created_at timestamptz not null, updated_at timestamptz not null,
    constraint pass_transfers_pkey primary key (tenant_id, id),
    constraint pass_transfers_status check (status in (
        'OPENING', 'OFFERED', 'ACCEPTING', 'ACCEPTED', 'DECLINED', 'LAPSED', 'WITHDRAWN')),
    constraint pass_transfers_taken check (to_account_id is not null or status not in ('ACCEPTING', 'ACCEPTED')),
    constraint pass_transfers_offered check (offered_at is not null or status in ('OPENING', 'LAPSED')),
    constraint pass_transfers_reason check (reason is null or status = 'LAPSED')
)
"""
LIVE = "status in ('OPENING', 'OFFERED', 'ACCEPTING')"
INDEXES = (
    f"create unique index pass_transfers_live_of_pass on pass_transfers (tenant_id, pass_id) where {LIVE}",
    "create index pass_transfers_sent on pass_transfers (tenant_id, from_account_id, id)",
    "create index pass_transfers_made on pass_transfers (tenant_id, from_account_id, created_at)",
    "create index pass_transfers_received on pass_transfers (tenant_id, to_email_key, id)",
    # The sweep looks across tenants, so its index does not begin with one.
    "create index pass_transfers_due on pass_transfers (due_at) where due_at is not null",
)
CHANGING = "version, status, lapses_at, due_at, offered_at, to_account_id, holder_name, reason, offer_tied, updated_at"


def upgrade() -> None:
    for statement in (
        TRANSFERS,
        *INDEXES,
        *tenant_table("pass_transfers", ROLES, grant="select, insert"),
        f"grant update ({CHANGING}) on pass_transfers to {ROLES.app}",
        *relay_finds("pass_transfers", ROLES, columns=("tenant_id", "id", "due_at")),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("pass_transfers")

"""Resale: what organisers allow and declare, sellers' verifications, blocks, and the history of each pass.

A policy or a fact sheet has a row for what holds and a row for each version of it. The history of a pass can only grow:
nobody may change or delete an entry, and each has the hash of the one before in its own.
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0012"
down_revision = "venue_0011"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

SETTINGS = """
create table {table} (
    tenant_id uuid not null, id uuid not null, venue_id uuid, ticket_id uuid, document jsonb,
    version integer not null, changed_by uuid not null, changed_at timestamptz not null,
    constraint {table}_pkey primary key (tenant_id, id),
    constraint {table}_target unique nulls not distinct (tenant_id, venue_id, ticket_id),
    constraint {table}_one_target check (venue_id is null or ticket_id is null),
    constraint {table}_version check (version >= 1)
)
"""
SETTING_CHANGES = """
create table {table} (
    tenant_id uuid not null, setting_id uuid not null, version integer not null, document jsonb,
    changed_by uuid not null, changed_at timestamptz not null,
    constraint {table}_pkey primary key (tenant_id, setting_id, version)
)
"""
VERIFICATIONS = """
create table seller_verifications (
    tenant_id uuid not null, id uuid not null, account_id uuid not null, venue_id uuid, kind text not null,
    about text not null, evidence jsonb not null, status text not null, provider text not null,
    provider_reference text, reason text, decided_by uuid, decided_at timestamptz, expires_at timestamptz,
    version integer not null, created_at timestamptz not null, updated_at timestamptz not null,
    constraint seller_verifications_pkey primary key (tenant_id, id),
    constraint seller_verifications_status
        check (status in ('pending', 'in_review', 'verified', 'rejected', 'expired')),
    constraint seller_verifications_decided
        check (decided_at is not null or status in ('pending', 'in_review')),
    constraint seller_verifications_expires check (expires_at is not null or status not in ('verified', 'expired'))
)
"""
BLOCKS = """
create table resale_blocks (
    tenant_id uuid not null, id uuid not null, account_id uuid not null, reason text not null,
    blocked_by uuid not null, blocked_at timestamptz not null, until timestamptz,
    ended_by uuid, ended_at timestamptz,
    constraint resale_blocks_pkey primary key (tenant_id, id),
    constraint resale_blocks_ended check ((ended_by is null) = (ended_at is null)),
    constraint resale_blocks_until check (until > blocked_at)
)
"""
LINEAGES = """
create table resale_lineages (
    tenant_id uuid not null, id uuid not null, entries_count integer not null default 0,
    handed_on_count integer not null default 0, head bytea,
    constraint resale_lineages_pkey primary key (tenant_id, id),
    constraint resale_lineages_counts check (handed_on_count between 0 and entries_count),
    constraint resale_lineages_head check ((head is null) = (entries_count = 0))
)
"""
HISTORY = """
create table transfer_history (
    tenant_id uuid not null, lineage_id uuid not null, position integer not null, ticket_id uuid not null,
    kind text not null, at timestamptz not null, from_account_id uuid, to_account_id uuid,
    pass_id uuid not null, old_pass_id uuid, price_minor bigint, currency text, components jsonb,
    country text, subdivision text, verdict_id uuid, prev_hash bytea not null, hash bytea not null,
    constraint transfer_history_pkey primary key (tenant_id, lineage_id, position),
    constraint transfer_history_kind check (kind in ('purchase', 'transfer', 'resale', 'return', 'refund')),
    constraint transfer_history_position check (position >= 1),
    constraint transfer_history_price check (price_minor >= 0 and (price_minor is null) = (currency is null)),
    constraint transfer_history_hashes check (length(prev_hash) = 32 and length(hash) = 32)
)
"""
INDEXES = (
    (
        "create unique index seller_verifications_one_open on seller_verifications"
        " (tenant_id, account_id, kind, about, venue_id) nulls not distinct where status in ('pending', 'in_review')"
    ),
    "create index seller_verifications_ending on seller_verifications (expires_at) where status = 'verified'",
    "create index resale_blocks_of_account on resale_blocks (tenant_id, account_id)",
    "create index transfer_history_from on transfer_history (tenant_id, from_account_id, at)",
    "create index transfer_history_to on transfer_history (tenant_id, to_account_id, at)",
)
CURRENT = ("resale_policies", "resale_facts")
CHANGES = ("resale_policy_changes", "resale_fact_changes")


def upgrade() -> None:
    tables = [SETTINGS.format(table=table) for table in CURRENT]
    tables += [SETTING_CHANGES.format(table=table) for table in CHANGES]
    for statement in (*tables, VERIFICATIONS, BLOCKS, LINEAGES, HISTORY, *INDEXES):
        op.execute(statement)
    for table in (*CURRENT, "seller_verifications", "resale_blocks", "resale_lineages"):
        _guard(tenant_table(table, ROLES, grant="select, insert, update"))
    for table in (*CHANGES, "transfer_history"):
        _guard(tenant_table(table, ROLES, grant="select, insert"))
    _guard(relay_finds("seller_verifications", ROLES, columns=("tenant_id", "id", "status", "expires_at")))


def _guard(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for table in (*CURRENT, *CHANGES, "seller_verifications", "resale_blocks", "resale_lineages", "transfer_history"):
        op.drop_table(table)

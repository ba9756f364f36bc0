"""Waiting lists for passes that others give back.

One row a list is what changes of it wait for. A return is offered to one entry at a time: its row in waiting_offers is
there while it is.
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0015"
down_revision = "venue_0014"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

LISTS = """
create table waiting_lists (
    tenant_id uuid not null, ticket_id uuid not null, last_sequence bigint not null, due_at timestamptz,
    constraint waiting_lists_pkey primary key (tenant_id, ticket_id),
    constraint waiting_lists_sequence check (last_sequence >= 0)
)
"""
ENTRIES = """
create table waiting_entries (
    tenant_id uuid not null, id uuid not null, ticket_id uuid not null, account_id uuid not null,
    quantity integer not null, accept_fewer boolean not null, joined_at timestamptz not null,
    ends_at timestamptz not null, sequence bigint not null, status text not null, lapses integer not null,
    offer_id uuid, offered_until timestamptz, offered_listings uuid[], passed_over uuid[] not null,
    constraint waiting_entries_pkey primary key (tenant_id, id),
    constraint waiting_entries_list
        foreign key (tenant_id, ticket_id) references waiting_lists (tenant_id, ticket_id) on delete cascade,
    constraint waiting_entries_place unique (tenant_id, ticket_id, sequence),
    constraint waiting_entries_quantity check (quantity > 0),
    constraint waiting_entries_status check (status in ('waiting', 'offered', 'served', 'left', 'lapsed')),
    constraint waiting_entries_offer check (
        (offer_id is null) = (offered_until is null) and (offer_id is null) = (offered_listings is null)
        and (offer_id is null) = (status not in ('offered', 'served')))
)
"""
OFFERS = """
create table waiting_offers (
    tenant_id uuid not null, listing_id uuid not null, entry_id uuid not null,
    constraint waiting_offers_pkey primary key (tenant_id, listing_id),
    constraint waiting_offers_entry
        foreign key (tenant_id, entry_id) references waiting_entries (tenant_id, id) on delete cascade
)
"""
LIVE = "status in ('waiting', 'offered')"
INDEXES = (
    f"create unique index waiting_entries_live on waiting_entries (tenant_id, ticket_id, account_id) where {LIVE}",
    f"create index waiting_entries_of_account on waiting_entries (tenant_id, account_id) where {LIVE}",
    "create unique index waiting_entries_of_offer on waiting_entries (tenant_id, offer_id) where offer_id is not null",
    "create index waiting_offers_of_entry on waiting_offers (tenant_id, entry_id)",
    # The sweep looks across tenants, so its index does not begin with one.
    "create index waiting_lists_due on waiting_lists (due_at) where due_at is not null",
)
CHANGING = "sequence, status, lapses, offer_id, offered_until, offered_listings, passed_over"


def upgrade() -> None:
    for statement in (
        LISTS,
        ENTRIES,
        OFFERS,
        *INDEXES,
        *tenant_table("waiting_lists", ROLES, grant="select, insert"),
        f"grant update (last_sequence, due_at) on waiting_lists to {ROLES.app}",
        *tenant_table("waiting_entries", ROLES, grant="select, insert"),
        f"grant update ({CHANGING}) on waiting_entries to {ROLES.app}",
        *tenant_table("waiting_offers", ROLES, grant="select, insert, delete"),
        *relay_finds("waiting_lists", ROLES, columns=("tenant_id", "ticket_id", "due_at")),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("waiting_offers")
    op.drop_table("waiting_entries")
    op.drop_table("waiting_lists")

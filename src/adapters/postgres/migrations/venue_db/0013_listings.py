"""Listings of passes, and the purchases of them.

A listing has what is looked for in columns, and what is only shown in documents. A purchase stays when the listing has
another buyer, since its order may ask for it later.
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0013"
down_revision = "venue_0012"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

LISTINGS = """
create table listings (
    tenant_id uuid not null, id uuid not null, kind text not null, pass_id uuid not null, seller_id uuid not null,
    ticket_id uuid not null, venue_id uuid not null, event_starts_at timestamptz not null,
    price_minor bigint not null, currency char(3) not null, status text not null, purchase_id uuid,
    taken_until timestamptz, closes_at timestamptz not null, offered_to uuid, offered_until timestamptz,
    offer_tied boolean not null, due_at timestamptz, subject jsonb not null, terms jsonb not null,
    suspension jsonb, payout jsonb, payout_id uuid, history jsonb not null, version integer not null,
    created_at timestamptz not null, updated_at timestamptz not null,
    constraint listings_pkey primary key (tenant_id, id),
    constraint listings_kind check (kind in ('listing', 'return')),
    constraint listings_status check (status in (
        'OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'COMPLETED', 'CANCELLED', 'ENDED', 'SUSPENDED', 'FAILED')),
    constraint listings_price check (price_minor >= 0),
    constraint listings_taken check (status not in ('RESERVED', 'ORDERED', 'SOLD') or purchase_id is not null),
    constraint listings_taken_until check ((purchase_id is null) = (taken_until is null)),
    constraint listings_offered check ((offered_to is null) = (offered_until is null)),
    constraint listings_suspension check ((status = 'SUSPENDED') = (suspension is not null)),
    constraint listings_payout check (payout is null or status = 'COMPLETED'),
    constraint listings_payout_id check ((payout is null) = (payout_id is null))
)
"""
PURCHASES = """
create table listing_purchases (
    tenant_id uuid not null, id uuid not null, listing_id uuid not null, account_id uuid not null,
    token_sha256 bytea not null, made_at timestamptz not null, until timestamptz not null, order_id uuid,
    constraint listing_purchases_pkey primary key (tenant_id, id),
    constraint listing_purchases_listing
        foreign key (tenant_id, listing_id) references listings (tenant_id, id) on delete cascade,
    constraint listing_purchases_token check (length(token_sha256) = 32)
)
"""
LIVE = "status in ('OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'SUSPENDED')"
ON_SALE = "status in ('OPEN', 'RESERVED', 'ORDERED')"
INDEXES = (
    f"create unique index listings_live_of_pass on listings (tenant_id, pass_id) where {LIVE}",
    f"create index listings_live_of_seller on listings (tenant_id, seller_id) where {LIVE}",
    "create index listings_of_seller on listings (tenant_id, seller_id, id)",
    f"create index listings_on_sale on listings (tenant_id, ticket_id, price_minor, id) where {ON_SALE}",
    f"create index listings_on_sale_by_time on listings (tenant_id, ticket_id, id) where {ON_SALE}",
    "create unique index listings_of_payout on listings (tenant_id, payout_id) where payout_id is not null",
    # The sweep looks across tenants, so its index does not begin with one.
    "create index listings_due on listings (due_at) where due_at is not null",
    "create index listing_purchases_of_listing on listing_purchases (tenant_id, listing_id)",
    "create index listing_purchases_of_account on listing_purchases (tenant_id, account_id, until)",
)
CHANGING = (
    "status, purchase_id, taken_until, closes_at, offered_to, offered_until, offer_tied, due_at, terms, suspension, "
    "payout, payout_id, history, version, updated_at"
)


def upgrade() -> None:
    for statement in (
        LISTINGS,
        PURCHASES,
        *INDEXES,
        # What is sold, by whom and for how much never changes.
        *tenant_table("listings", ROLES, grant="select, insert"),
        f"grant update ({CHANGING}) on listings to {ROLES.app}",
        *tenant_table("listing_purchases", ROLES, grant="select, insert"),
        f"grant update (until, order_id) on listing_purchases to {ROLES.app}",
        *relay_finds("listings", ROLES, columns=("tenant_id", "id", "due_at")),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("listing_purchases")
    op.drop_table("listings")

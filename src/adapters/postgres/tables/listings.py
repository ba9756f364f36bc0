"""venue_db: listings of passes, and the purchases of them."""

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
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables import resale
from adapters.postgres.tables.messaging import currency_column

_LIVE = text("status in ('OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'SUSPENDED')")
_ON_SALE = text("status in ('OPEN', 'RESERVED', 'ORDERED')")


def _listings(metadata: MetaData) -> None:
    rows = Table(
        "listings",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("kind", Text, nullable=False),
        Column("pass_id", Uuid, nullable=False),
        Column("seller_id", Uuid, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("venue_id", Uuid, nullable=False),
        Column("event_starts_at", DateTime(timezone=True), nullable=False),
        Column("price_minor", BigInteger, nullable=False),
        currency_column(),
        Column("status", Text, nullable=False),
        Column("purchase_id", Uuid),
        Column("taken_until", DateTime(timezone=True)),
        Column("closes_at", DateTime(timezone=True), nullable=False),
        Column("offered_to", Uuid),
        Column("offered_until", DateTime(timezone=True)),
        Column("offer_tied", Boolean, nullable=False),
        Column("due_at", DateTime(timezone=True)),
        Column("subject", JSONB, nullable=False),
        Column("terms", JSONB, nullable=False),
        Column("suspension", JSONB),
        Column("payout", JSONB),
        Column("payout_id", Uuid),
        Column("history", JSONB, nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="listings_pkey"),
        CheckConstraint("kind in ('listing', 'return')", name="listings_kind"),
        CheckConstraint(
            "status in ('OPENING', 'OPEN', 'RESERVED', 'ORDERED', 'SOLD', 'COMPLETED', 'CANCELLED', 'ENDED', "
            "'SUSPENDED', 'FAILED')",
            name="listings_status",
        ),
        CheckConstraint("price_minor >= 0", name="listings_price"),
        CheckConstraint(
            "status not in ('RESERVED', 'ORDERED', 'SOLD') or purchase_id is not null", name="listings_taken"
        ),
        CheckConstraint("(purchase_id is null) = (taken_until is null)", name="listings_taken_until"),
        CheckConstraint("(offered_to is null) = (offered_until is null)", name="listings_offered"),
        CheckConstraint("(status = 'SUSPENDED') = (suspension is not null)", name="listings_suspension"),
        CheckConstraint("payout is null or status = 'COMPLETED'", name="listings_payout"),
        CheckConstraint("(payout is null) = (payout_id is null)", name="listings_payout_id"),
    )
    columns = rows.c
    Index("listings_live_of_pass", columns.tenant_id, columns.pass_id, unique=True, postgresql_where=_LIVE)
    Index("listings_live_of_seller", columns.tenant_id, columns.seller_id, postgresql_where=_LIVE)
    Index("listings_of_seller", columns.tenant_id, columns.seller_id, columns.id)
    Index(
        "listings_on_sale",
        *(columns.tenant_id, columns.ticket_id, columns.price_minor, columns.id),
        postgresql_where=_ON_SALE,
    )
    Index("listings_on_sale_by_time", *(columns.tenant_id, columns.ticket_id, columns.id), postgresql_where=_ON_SALE)
    Index(
        "listings_of_payout",
        *(columns.tenant_id, columns.payout_id),
        unique=True,
        postgresql_where=text("payout_id is not null"),
    )
    Index("listings_due", columns.due_at, columns.tenant_id, postgresql_where=text("due_at is not null"))


def _purchases(metadata: MetaData) -> None:
    rows = Table(
        "listing_purchases",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("listing_id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("token_sha256", LargeBinary, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("until", DateTime(timezone=True), nullable=False),
        Column("order_id", Uuid),
        PrimaryKeyConstraint("tenant_id", "id", name="listing_purchases_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "listing_id"],
            ["listings.tenant_id", "listings.id"],
            name="listing_purchases_listing",
            ondelete="CASCADE",
        ),
        CheckConstraint("length(token_sha256) = 32", name="listing_purchases_token"),
    )
    Index("listing_purchases_of_listing", rows.c.tenant_id, rows.c.listing_id)
    Index("listing_purchases_of_account", rows.c.tenant_id, rows.c.account_id, rows.c.until)


metadata = resale.metadata
_listings(metadata)
_purchases(metadata)

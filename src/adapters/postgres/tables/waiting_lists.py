"""venue_db: waiting lists for passes that others give back."""

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.tables import listings

_LIVE = text("status in ('waiting', 'offered')")


def _lists(metadata: MetaData) -> None:
    rows = Table(
        "waiting_lists",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("last_sequence", BigInteger, nullable=False),
        Column("due_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "ticket_id", name="waiting_lists_pkey"),
        CheckConstraint("last_sequence >= 0", name="waiting_lists_sequence"),
    )
    Index("waiting_lists_due", rows.c.due_at, rows.c.tenant_id, postgresql_where=text("due_at is not null"))


def _entries(metadata: MetaData) -> None:
    rows = Table(
        "waiting_entries",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("ticket_id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("quantity", Integer, nullable=False),
        Column("accept_fewer", Boolean, nullable=False),
        Column("joined_at", DateTime(timezone=True), nullable=False),
        Column("ends_at", DateTime(timezone=True), nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("status", Text, nullable=False),
        Column("lapses", Integer, nullable=False),
        Column("offer_id", Uuid),
        Column("offered_until", DateTime(timezone=True)),
        Column("offered_listings", ARRAY(Uuid)),
        Column("passed_over", ARRAY(Uuid), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="waiting_entries_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["waiting_lists.tenant_id", "waiting_lists.ticket_id"],
            name="waiting_entries_list",
            ondelete="CASCADE",
        ),
        UniqueConstraint("tenant_id", "ticket_id", "sequence", name="waiting_entries_place"),
        CheckConstraint("quantity > 0", name="waiting_entries_quantity"),
        CheckConstraint("status in ('waiting', 'offered', 'served', 'left', 'lapsed')", name="waiting_entries_status"),
        CheckConstraint(
            "(offer_id is null) = (offered_until is null) and (offer_id is null) = (offered_listings is null) "
            "and (offer_id is null) = (status not in ('offered', 'served'))",
            name="waiting_entries_offer",
        ),
    )
    columns = rows.c
    Index(
        "waiting_entries_live",
        *(columns.tenant_id, columns.ticket_id, columns.account_id),
        unique=True,
        postgresql_where=_LIVE,
    )
    Index("waiting_entries_of_account", columns.tenant_id, columns.account_id, postgresql_where=_LIVE)
    Index(
        "waiting_entries_of_offer",
        *(columns.tenant_id, columns.offer_id),
        unique=True,
        postgresql_where=text("offer_id is not null"),
    )


def _offers(metadata: MetaData) -> None:
    rows = Table(
        "waiting_offers",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("listing_id", Uuid, nullable=False),
        Column("entry_id", Uuid, nullable=False),
        PrimaryKeyConstraint("tenant_id", "listing_id", name="waiting_offers_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["waiting_entries.tenant_id", "waiting_entries.id"],
            name="waiting_offers_entry",
            ondelete="CASCADE",
        ),
    )
    Index("waiting_offers_of_entry", rows.c.tenant_id, rows.c.entry_id)


metadata = listings.metadata
_lists(metadata)
_entries(metadata)
_offers(metadata)

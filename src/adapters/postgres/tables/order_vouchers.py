"""The tables of vouchers in order_db: who changed them, which order uses which, and unknown codes that were given."""

from sqlalchemy import (
    CHAR,
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


def voucher_tables(metadata: MetaData) -> None:
    """Add vouchers, voucher_changes, voucher_redemptions and voucher_misses to the metadata of order_db."""
    Table(
        "vouchers",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("code", Text, nullable=False),
        Column("percent_basis_points", Integer),
        Column("amount_minor", BigInteger),
        Column("minimum_minor", BigInteger),
        Column("currency", CHAR(3)),
        Column("ticket_ids", ARRAY(Uuid), nullable=False),
        Column("valid_from", DateTime(timezone=True)),
        Column("valid_until", DateTime(timezone=True)),
        Column("uses_max", Integer),
        Column("uses_per_account_max", Integer),
        Column("active", Boolean, nullable=False),
        Column("note", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "id", name="vouchers_pkey"),
        UniqueConstraint("tenant_id", "code", name="vouchers_code"),
        CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'", name="vouchers_code_form"),
        CheckConstraint("num_nonnulls(percent_basis_points, amount_minor) = 1", name="vouchers_reduction"),
        CheckConstraint("percent_basis_points between 1 and 10000", name="vouchers_percent"),
        CheckConstraint("least(amount_minor, minimum_minor) > 0", name="vouchers_amounts"),
        CheckConstraint(
            "(currency is null) = (num_nonnulls(amount_minor, minimum_minor) = 0)", name="vouchers_currency"
        ),
        CheckConstraint("least(uses_max, uses_per_account_max) > 0", name="vouchers_limits"),
        CheckConstraint("valid_from < valid_until", name="vouchers_times"),
    )
    Table(
        "voucher_changes",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("voucher_id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("by_account_id", Uuid, nullable=False),
        Column("deed", Text, nullable=False),
        Column("members", ARRAY(Text), nullable=False),
        PrimaryKeyConstraint("tenant_id", "voucher_id", "version", name="voucher_changes_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "voucher_id"], ["vouchers.tenant_id", "vouchers.id"], name="voucher_changes_voucher"
        ),
    )
    redemptions = Table(
        "voucher_redemptions",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("order_id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("status", Text, nullable=False),
        Column("voucher_id", Uuid, nullable=False),
        PrimaryKeyConstraint("tenant_id", "order_id", name="voucher_redemptions_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "account_id", "status"],
            ["orders.tenant_id", "orders.id", "orders.account_id", "orders.status"],
            name="voucher_redemptions_order",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "voucher_id"], ["vouchers.tenant_id", "vouchers.id"], name="voucher_redemptions_voucher"
        ),
    )
    Index(
        "voucher_redemptions_live",
        redemptions.c.tenant_id,
        redemptions.c.voucher_id,
        redemptions.c.account_id,
        postgresql_where=text("status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')"),
    )
    misses = Table(
        "voucher_misses",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("count", Integer, nullable=False),
        Column("since", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant_id", "account_id", name="voucher_misses_pkey"),
    )
    Index("voucher_misses_old", misses.c.tenant_id, misses.c.since)

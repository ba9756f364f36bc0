"""payment_db: payments with all that happens to them, the ledger, connected accounts, and Stripe's webhooks."""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables.messaging import currency_column, messaging_tables
from adapters.postgres.tables.webhooks import reading_table, webhook_table

metadata = MetaData()
_CHECKED = text("check_at is not null")

payments = Table(
    "payments",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("method", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    currency_column(),
    Column("description", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("stripe_payment_intent_id", Text),
    Column("received_minor", BigInteger),
    Column("received_currency", CHAR(3)),
    Column("closing", Boolean, nullable=False),
    Column("refund_reason", Text),
    Column("decline_id", Text),
    Column("check_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("refunded_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("refunded_at", DateTime(timezone=True)),
    Column("destination_account", Text),
    Column("application_fee_minor", BigInteger),
    Column("needs_action", Boolean, nullable=False, server_default=text("false")),
    Column("escrow", Boolean, nullable=False, server_default=text("false")),
    Column("paid_out_minor", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("tenant_id", "id", name="payments_pkey"),
    UniqueConstraint("tenant_id", "order_id", name="payments_order"),
    UniqueConstraint("tenant_id", "stripe_payment_intent_id", name="payments_intent"),
    CheckConstraint("method in ('CARD', 'APPLE_PAY', 'GOOGLE_PAY')", name="payments_method"),
    CheckConstraint(
        "status in ('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'REFUNDED', 'MISMATCHED')", name="payments_status"
    ),
    CheckConstraint("amount_minor > 0", name="payments_amount"),
    CheckConstraint("(received_minor is null) = (received_currency is null)", name="payments_received"),
    CheckConstraint(
        "status <> 'SUCCEEDED' or (received_minor = amount_minor and received_currency = currency)",
        name="payments_succeeded",
    ),
    CheckConstraint(
        "(destination_account is null) = (application_fee_minor is null) "
        "and coalesce(application_fee_minor between 0 and amount_minor, true)",
        name="payments_destination",
    ),
    CheckConstraint("not escrow or destination_account is null", name="payments_escrow"),
    CheckConstraint(
        "paid_out_minor between 0 and case when escrow then coalesce(received_minor, 0) else 0 end",
        name="payments_paid_out",
    ),
    CheckConstraint("refunded_minor between 0 and coalesce(received_minor, 0)", name="payments_refunded"),
)
Index("payments_silent", payments.c.check_at, payments.c.tenant_id, postgresql_where=_CHECKED)

payment_records = Table(
    "payment_records",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("payment_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("movement_minor", BigInteger, nullable=False),
    currency_column(),
    Column("payload", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="payment_records_pkey"),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="payment_records_of"),
)
Index("payment_records_of_payment", payment_records.c.tenant_id, payment_records.c.payment_id, payment_records.c.id)

connected_accounts = Table(
    "connected_accounts",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("country", CHAR(2), nullable=False),
    Column("email", Text),
    Column("attempt", Integer, nullable=False),
    Column("account_id", Text),
    Column("charges_enabled", Boolean, nullable=False),
    Column("payouts_enabled", Boolean, nullable=False),
    Column("details_submitted", Boolean, nullable=False),
    Column("requirements", JSONB, nullable=False),
    Column("requirements_deadline", DateTime(timezone=True)),
    Column("disabled_reason", Text),
    Column("refusal", Text),
    Column("told_at", DateTime(timezone=True)),
    Column("deauthorized_at", DateTime(timezone=True)),
    Column("check_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("transfers_enabled", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("tenant_id", "owner_kind", "owner_id", name="connected_accounts_pkey"),
    UniqueConstraint("account_id", name="connected_accounts_account"),
    CheckConstraint("attempt >= 1", name="connected_accounts_attempt"),
    CheckConstraint("owner_kind in ('venue', 'seller')", name="connected_accounts_owner"),
    CheckConstraint(
        "not charges_enabled or (account_id is not null and deauthorized_at is null)",
        name="connected_accounts_charging",
    ),
)
_connected = connected_accounts.c
Index("connected_accounts_silent", _connected.check_at, _connected.tenant_id, postgresql_where=_CHECKED)

platform_fees = Table(
    "platform_fees",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("basis_points", Integer, nullable=False),
    Column("fixed_minor", BigInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", name="platform_fees_pkey"),
    CheckConstraint("basis_points between 0 and 10000", name="platform_fees_share"),
    CheckConstraint("fixed_minor >= 0", name="platform_fees_fixed"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("payment_id", Uuid, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    currency_column(),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("stripe_refund_id", Text),
    Column("failure", Text),
    Column("attempt", Integer, nullable=False),
    Column("booked", Boolean, nullable=False),
    Column("check_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("all_left", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("tenant_id", "id", name="refunds_pkey"),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="refunds_of"),
    UniqueConstraint("tenant_id", "stripe_refund_id", name="refunds_stripe"),
    CheckConstraint("amount_minor > 0", name="refunds_amount"),
    CheckConstraint("attempt > 0", name="refunds_attempt"),
    CheckConstraint("status in ('pending', 'succeeded', 'failed')", name="refunds_status"),
    CheckConstraint("status <> 'succeeded' or stripe_refund_id is not null", name="refunds_succeeded"),
)
Index("refunds_of_payment", refunds.c.tenant_id, refunds.c.payment_id)
Index("refunds_by_status", refunds.c.tenant_id, refunds.c.status, refunds.c.id)
Index("refunds_due", refunds.c.check_at, refunds.c.tenant_id, postgresql_where=_CHECKED)
Index("refunds_unsettled", refunds.c.status, refunds.c.tenant_id, postgresql_where=text("status <> 'succeeded'"))

disputes = Table(
    "disputes",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("payment_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("stripe_dispute_id", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    currency_column(),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("evidence_due_by", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("check_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="disputes_pkey"),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="disputes_of"),
    UniqueConstraint("tenant_id", "stripe_dispute_id", name="disputes_stripe"),
    CheckConstraint("amount_minor >= 0", name="disputes_amount"),
    CheckConstraint("version >= 0", name="disputes_version"),
    CheckConstraint("state in ('inquiry', 'open', 'won', 'lost', 'closed')", name="disputes_state"),
    CheckConstraint("(closed_at is null) = (state in ('inquiry', 'open'))", name="disputes_closed_at"),
)
Index("disputes_of_payment", disputes.c.tenant_id, disputes.c.payment_id)
Index("disputes_by_state", disputes.c.tenant_id, disputes.c.state, disputes.c.id)
Index("disputes_due", disputes.c.check_at, disputes.c.tenant_id, postgresql_where=_CHECKED)

payouts = Table(
    "payouts",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("payment_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("seller_account_id", Uuid, nullable=False),
    Column("seller_minor", BigInteger, nullable=False),
    Column("royalty_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    currency_column(),
    Column("venue_ids", ARRAY(Uuid), nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("released", Boolean, nullable=False),
    Column("reversed_minor", BigInteger, nullable=False),
    Column("seller_transfer_id", Text),
    Column("royalty_transfer_id", Text),
    Column("failure", Text),
    Column("settled_by", Uuid),
    Column("note", Text),
    Column("check_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "id", name="payouts_pkey"),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="payouts_of"),
    UniqueConstraint("tenant_id", "seller_transfer_id", name="payouts_seller_transfer"),
    UniqueConstraint("tenant_id", "royalty_transfer_id", name="payouts_royalty_transfer"),
    CheckConstraint(
        "seller_minor >= 0 and royalty_minor >= 0 and fee_minor >= 0 and seller_minor + royalty_minor + fee_minor > 0",
        name="payouts_shares",
    ),
    CheckConstraint("reversed_minor between 0 and seller_minor + royalty_minor + fee_minor", name="payouts_reversed"),
    CheckConstraint("attempt > 0", name="payouts_attempt"),
    CheckConstraint("status in ('pending', 'paid', 'owed', 'failed', 'reversed')", name="payouts_status"),
    CheckConstraint("released or status in ('pending', 'failed')", name="payouts_released"),
    CheckConstraint("(settled_by is null) = (note is null)", name="payouts_settled"),
    CheckConstraint("settled_by is null or seller_transfer_id is null", name="payouts_once"),
)
Index("payouts_of_payment", payouts.c.tenant_id, payouts.c.payment_id)
Index("payouts_by_status", payouts.c.tenant_id, payouts.c.status, payouts.c.id)
Index("payouts_of_seller", payouts.c.tenant_id, payouts.c.seller_account_id, payouts.c.id)
Index("payouts_due", payouts.c.check_at, payouts.c.tenant_id, postgresql_where=_CHECKED)
Index(
    "payouts_unsettled",
    *(payouts.c.status, payouts.c.tenant_id),
    postgresql_where=text("status in ('pending', 'owed', 'failed')"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("transaction_id", Uuid, nullable=False),
    Column("account", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    currency_column(),
    Column("kind", Text, nullable=False),
    Column("payment_id", Uuid, nullable=False),
    Column("refund_id", Uuid),
    Column("provider_ref", Text),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "transaction_id", "account", name="ledger_entries_pkey"),
    ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="ledger_entries_of"),
    ForeignKeyConstraint(
        ["tenant_id", "refund_id"], ["refunds.tenant_id", "refunds.id"], name="ledger_entries_of_refund"
    ),
    UniqueConstraint("tenant_id", "kind", "provider_ref", "account", name="ledger_entries_once"),
    CheckConstraint("amount_minor <> 0", name="ledger_entries_amount"),
    CheckConstraint(
        "account in ('buyer', 'organisation', 'platform_fee', 'stripe_fee', 'refund', 'dispute', 'dispute_fee', "
        "'escrow', 'platform_loss', 'seller_credit', 'seller', 'royalty')",
        name="ledger_entries_account",
    ),
)
_entry = ledger_entries.c
Index("ledger_entries_of_payment", _entry.tenant_id, _entry.payment_id, _entry.transaction_id)
Index(
    "ledger_entries_by_ref",
    *(_entry.provider_ref, _entry.tenant_id),
    postgresql_where=text("provider_ref is not null"),
)
Index("ledger_entries_by_day", _entry.occurred_at, _entry.tenant_id)

payment_webhooks = webhook_table(metadata, "payment_webhooks")
event_readings = reading_table(metadata, "event_readings")
messaging_tables(metadata)

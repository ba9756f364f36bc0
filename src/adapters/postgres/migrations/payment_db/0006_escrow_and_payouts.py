"""Money in escrow, the payouts that it leaves by, and accounts of the people who are paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "payment_0006"
down_revision = "payment_0005"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)

_ACCOUNTS = ("buyer", "organisation", "platform_fee", "stripe_fee", "refund", "dispute", "dispute_fee")
_ACCOUNTS_OF_ESCROW = ("escrow", "platform_loss", "seller_credit", "seller", "royalty")
# Of which payment, to whom and how it is shared never changes.
_UPDATED = (
    "status, attempt, released, reversed_minor, seller_transfer_id, royalty_transfer_id, failure, settled_by, note, "
    "check_at, updated_at"
)


def upgrade() -> None:
    _keep_in_escrow()
    _make_payouts()
    _weigh_payouts()
    _give_sellers_accounts()


def _keep_in_escrow() -> None:
    op.add_column("payments", sa.Column("escrow", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("payments", sa.Column("paid_out_minor", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.create_check_constraint("payments_escrow", "payments", "not escrow or destination_account is null")
    op.create_check_constraint(
        "payments_paid_out",
        "payments",
        "paid_out_minor between 0 and case when escrow then coalesce(received_minor, 0) else 0 end",
    )
    # That a payment is one in escrow is known from its start, and never changes; paid_out_minor is the trigger's alone.
    op.execute(f"grant insert (escrow) on payments to {ROLES.app}")
    _allow(*_ACCOUNTS, *_ACCOUNTS_OF_ESCROW)


def _make_payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("seller_account_id", sa.Uuid, nullable=False),
        sa.Column("seller_minor", sa.BigInteger, nullable=False),
        sa.Column("royalty_minor", sa.BigInteger, nullable=False),
        sa.Column("fee_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("venue_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.Column("reversed_minor", sa.BigInteger, nullable=False),
        sa.Column("seller_transfer_id", sa.Text),
        sa.Column("royalty_transfer_id", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("settled_by", sa.Uuid),
        sa.Column("note", sa.Text),
        sa.Column("check_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="payouts_pkey"),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="payouts_of"),
        sa.UniqueConstraint("tenant_id", "seller_transfer_id", name="payouts_seller_transfer"),
        sa.UniqueConstraint("tenant_id", "royalty_transfer_id", name="payouts_royalty_transfer"),
        sa.CheckConstraint(
            "seller_minor >= 0 and royalty_minor >= 0 and fee_minor >= 0 "
            "and seller_minor + royalty_minor + fee_minor > 0",
            name="payouts_shares",
        ),
        sa.CheckConstraint(
            "reversed_minor between 0 and seller_minor + royalty_minor + fee_minor", name="payouts_reversed"
        ),
        sa.CheckConstraint("attempt > 0", name="payouts_attempt"),
        sa.CheckConstraint("status in ('pending', 'paid', 'owed', 'failed', 'reversed')", name="payouts_status"),
        sa.CheckConstraint("released or status in ('pending', 'failed')", name="payouts_released"),
        sa.CheckConstraint("(settled_by is null) = (note is null)", name="payouts_settled"),
        sa.CheckConstraint("settled_by is null or seller_transfer_id is null", name="payouts_once"),
    )
    op.create_index("payouts_of_payment", "payouts", ["tenant_id", "payment_id"])
    op.create_index("payouts_by_status", "payouts", ["tenant_id", "status", "id"])
    op.create_index("payouts_of_seller", "payouts", ["tenant_id", "seller_account_id", "id"])
    op.create_index("payouts_due", "payouts", ["check_at"], postgresql_where=sa.text("check_at is not null"))
    op.create_index(
        "payouts_unsettled",
        "payouts",
        ["status"],
        postgresql_where=sa.text("status in ('pending', 'owed', 'failed')"),
    )
    for statement in (
        *tenant_table("payouts", ROLES, grant="select, insert"),
        f"grant update ({_UPDATED}) on payouts to {ROLES.app}",
        *relay_finds("payouts", ROLES, columns=("tenant_id", "id", "status", "check_at")),
    ):
        op.execute(statement)


def _weigh_payouts() -> None:
    """Keep payments.paid_out_minor, under the payment's row lock, as the owner: the app role may not write it.

    More is paid out only while received, refunded and paid out leave it; a refund may take more than is left
    afterwards, since a buyer's money goes back whatever became of the seller's.
    """
    op.execute(
        """
        create function weight_of(payout payouts) returns bigint language sql immutable
        set search_path = pg_catalog, public, pg_temp as $$
            select case when payout.status = 'failed' and not payout.released then 0
                        else payout.seller_minor + payout.royalty_minor + payout.fee_minor - payout.reversed_minor end
        $$
        """
    )
    op.execute(
        """
        create function weigh_payout() returns trigger language plpgsql
        security definer set search_path = pg_catalog, public, pg_temp as $$
        declare
            weight bigint := public.weight_of(new);
        begin
            if tg_op = 'UPDATE' then
                weight := weight - public.weight_of(old);
            end if;
            if weight = 0 then
                return null;
            end if;
            update public.payments set paid_out_minor = paid_out_minor + weight
             where tenant_id = new.tenant_id and id = new.payment_id and escrow and received_currency = new.currency
               and (weight < 0 or paid_out_minor + weight <= received_minor - refunded_minor);
            if not found then
                raise exception 'payment % has less left in escrow', new.payment_id
                    using errcode = 'check_violation', constraint = 'payments_paid_out';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger weigh_payout after insert or update on payouts for each row execute function weigh_payout()"
    )


def _give_sellers_accounts() -> None:
    """Let a person have an account as a venue has; those of venues may receive transfers when they may charge."""
    op.alter_column("connected_accounts", "venue_id", new_column_name="owner_id")
    op.add_column("connected_accounts", sa.Column("owner_kind", sa.Text, nullable=False, server_default="venue"))
    op.alter_column("connected_accounts", "owner_kind", server_default=None)
    op.add_column(
        "connected_accounts", sa.Column("transfers_enabled", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.execute("alter table connected_accounts no force row level security")
    op.execute("update connected_accounts set transfers_enabled = charges_enabled")
    op.execute("alter table connected_accounts force row level security")
    _key("tenant_id", "owner_kind", "owner_id")
    op.create_check_constraint("connected_accounts_owner", "connected_accounts", "owner_kind in ('venue', 'seller')")
    op.execute(f"grant select (owner_kind) on connected_accounts to {ROLES.relay}")


def downgrade() -> None:
    """Sellers' accounts are forgotten here, not at the provider.

    What was booked in escrow stays booked: entries are never changed, so the old accounts bind new ones alone.
    """
    op.drop_constraint("connected_accounts_owner", "connected_accounts")
    op.execute("alter table connected_accounts no force row level security")
    op.execute("delete from connected_accounts where owner_kind <> 'venue'")
    op.execute("alter table connected_accounts force row level security")
    _key("tenant_id", "owner_id")
    op.drop_column("connected_accounts", "transfers_enabled")
    op.drop_column("connected_accounts", "owner_kind")
    op.alter_column("connected_accounts", "owner_id", new_column_name="venue_id")
    op.execute("drop trigger weigh_payout on payouts")
    op.execute("drop function weigh_payout()")
    op.execute("drop function weight_of(payouts)")
    op.drop_table("payouts")
    _allow(*_ACCOUNTS, past=False)
    for name in ("payments_paid_out", "payments_escrow"):
        op.drop_constraint(name, "payments")
    for column in ("paid_out_minor", "escrow"):
        op.drop_column("payments", column)


def _key(*columns: str) -> None:
    op.drop_constraint("connected_accounts_pkey", "connected_accounts")
    op.create_primary_key("connected_accounts_pkey", "connected_accounts", list(columns))


def _allow(*accounts: str, past: bool = True) -> None:
    """Let the ledger have these accounts; without `past` what is there already is not looked at."""
    op.drop_constraint("ledger_entries_account", "ledger_entries")
    named = ", ".join(f"'{account}'" for account in accounts)
    op.create_check_constraint(
        "ledger_entries_account", "ledger_entries", f"account in ({named})", postgresql_not_valid=not past
    )

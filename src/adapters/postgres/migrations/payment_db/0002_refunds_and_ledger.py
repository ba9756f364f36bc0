"""Refunds that can never add up to more than was received, and a ledger that always balances."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import TENANT, Roles, relay_finds, tenant_table

revision = "payment_0002"
down_revision = "payment_0001"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)

# Nobody but the trigger on refunds writes refunded_minor.
_INSERTED = (
    "tenant_id, id, order_id, account_id, method, amount_minor, currency, description, status, attempt, "
    "stripe_payment_intent_id, received_minor, received_currency, closing, refund_reason, decline_id, check_at, "
    "created_at, updated_at, refunded_at, destination_account, application_fee_minor, needs_action"
)
_UPDATED = (
    "status, attempt, stripe_payment_intent_id, received_minor, received_currency, closing, refund_reason, decline_id, "
    "check_at, updated_at, refunded_at, destination_account, application_fee_minor, needs_action"
)
_REFUND_UPDATED = "amount_minor, status, stripe_refund_id, failure, attempt, booked, check_at, updated_at"


def upgrade() -> None:
    for column in (
        sa.Column("refunded_minor", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("refunded_at", MOMENT),
        sa.Column("destination_account", sa.Text),
        sa.Column("application_fee_minor", sa.BigInteger),
        sa.Column("needs_action", sa.Boolean, nullable=False, server_default=sa.text("false")),
    ):
        op.add_column("payments", column)
    _make_refunds()
    _make_ledger()
    _weigh_refunds()
    _balance_ledger()
    with _past_the_wall("payments", "refunds", "ledger_entries"):
        _carry_over()
    op.create_check_constraint(
        "payments_refunded", "payments", "refunded_minor between 0 and coalesce(received_minor, 0)"
    )
    op.create_check_constraint(
        "payments_destination",
        "payments",
        "(destination_account is null) = (application_fee_minor is null) "
        "and coalesce(application_fee_minor between 0 and amount_minor, true)",
    )


def _make_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("stripe_refund_id", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("booked", sa.Boolean, nullable=False),
        sa.Column("check_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("all_left", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="refunds_pkey"),
        sa.ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="refunds_of"),
        sa.UniqueConstraint("tenant_id", "stripe_refund_id", name="refunds_stripe"),
        sa.CheckConstraint("amount_minor > 0", name="refunds_amount"),
        sa.CheckConstraint("attempt > 0", name="refunds_attempt"),
        sa.CheckConstraint("status in ('pending', 'succeeded', 'failed')", name="refunds_status"),
        sa.CheckConstraint("status <> 'succeeded' or stripe_refund_id is not null", name="refunds_succeeded"),
    )
    op.create_index("refunds_of_payment", "refunds", ["tenant_id", "payment_id"])
    op.create_index("refunds_by_status", "refunds", ["tenant_id", "status", "id"])
    op.create_index("refunds_due", "refunds", ["check_at"], postgresql_where=sa.text("check_at is not null"))
    op.create_index("refunds_unsettled", "refunds", ["status"], postgresql_where=sa.text("status <> 'succeeded'"))
    for statement in (
        *tenant_table("refunds", ROLES, grant="select, insert"),
        f"grant update ({_REFUND_UPDATED}) on refunds to {ROLES.app}",
        *relay_finds("refunds", ROLES, columns=("tenant_id", "id", "status", "check_at")),
    ):
        op.execute(statement)


def _make_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("transaction_id", sa.Uuid, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("refund_id", sa.Uuid),
        sa.Column("provider_ref", sa.Text),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "account", name="ledger_entries_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"], name="ledger_entries_of"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "refund_id"], ["refunds.tenant_id", "refunds.id"], name="ledger_entries_of_refund"
        ),
        sa.UniqueConstraint("tenant_id", "kind", "provider_ref", "account", name="ledger_entries_once"),
        sa.CheckConstraint("amount_minor <> 0", name="ledger_entries_amount"),
        sa.CheckConstraint(
            "account in ('buyer', 'organisation', 'platform_fee', 'stripe_fee', 'refund')",
            name="ledger_entries_account",
        ),
    )
    op.create_index("ledger_entries_of_payment", "ledger_entries", ["tenant_id", "payment_id", "transaction_id"])
    op.create_index(
        "ledger_entries_by_ref",
        "ledger_entries",
        ["provider_ref"],
        postgresql_where=sa.text("provider_ref is not null"),
    )
    op.create_index("ledger_entries_by_day", "ledger_entries", ["occurred_at"])
    for statement in (
        *tenant_table("ledger_entries", ROLES, grant="select, insert"),
        f"create policy relay_compares on ledger_entries for select to {ROLES.relay} using (true)",
        f"grant select on ledger_entries to {ROLES.relay}",
    ):
        op.execute(statement)


def _weigh_refunds() -> None:
    """Keep payments.refunded_minor, under the payment's row lock, as the owner: the app role may not write it.

    The owner too is bound by row-level security, so it gets a policy of its own: the tenant of the transaction.
    """
    op.execute(
        """
        create function weigh_refund() returns trigger language plpgsql
        security definer set search_path = pg_catalog, public, pg_temp as $$
        declare
            weight bigint := 0;
        begin
            if tg_op = 'UPDATE' and old.status <> 'failed' then
                weight := weight - old.amount_minor;
            end if;
            if new.status <> 'failed' then
                weight := weight + new.amount_minor;
            end if;
            if weight = 0 then
                return null;
            end if;
            update public.payments set refunded_minor = refunded_minor + weight
             where tenant_id = new.tenant_id and id = new.payment_id and received_currency = new.currency;
            if not found then
                raise exception 'payment % received nothing in %', new.payment_id, new.currency
                    using errcode = 'check_violation', constraint = 'payments_refunded';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger weigh_refund after insert or update on refunds for each row execute function weigh_refund()"
    )
    for statement in (
        (
            f"create policy refunds_weigh on payments to {ROLES.owner} "
            f"using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
        ),
        f"revoke insert, update on payments from {ROLES.app}",
        f"grant insert ({_INSERTED}) on payments to {ROLES.app}",
        f"grant update ({_UPDATED}) on payments to {ROLES.app}",
    ):
        op.execute(statement)


def _balance_ledger() -> None:
    """Let a transaction commit only when what it booked balances; what was booked is changed by nobody."""
    op.execute(
        """
        create function ledger_must_balance() returns trigger language plpgsql as $$
        begin
            -- Rows that the transaction's tenant does not see count as missing, so leaving the tenant is no way out.
            if (select count(*) < 2 or sum(amount_minor) <> 0 or count(distinct (currency, payment_id)) <> 1
                from ledger_entries
                where tenant_id = new.tenant_id and transaction_id = new.transaction_id) then
                raise exception 'ledger transaction % does not balance', new.transaction_id
                    using errcode = 'check_violation', constraint = 'ledger_entries_balance';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create constraint trigger ledger_must_balance after insert on ledger_entries "
        "deferrable initially deferred for each row execute function ledger_must_balance()"
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on ledger_entries "
        "for each statement execute function refuse_change()"
    )


def _carry_over() -> None:
    """Make the refunds of payments that went back, or were to go back, and book what was received and given back."""
    op.execute(
        """
        insert into refunds
        select tenant_id, gen_random_uuid(), id, received_minor, received_currency,
               coalesce(refund_reason, 'refunded at the provider'),
               case status when 'REFUNDED' then 'succeeded' else 'pending' end,
               case status when 'REFUNDED' then 'refund of ' || stripe_payment_intent_id end,
               null, 1, status = 'REFUNDED', case when status <> 'REFUNDED' then now() end, updated_at, updated_at,
               true
        from payments
        where received_minor > 0
          and (status = 'REFUNDED' or (status in ('SUCCEEDED', 'MISMATCHED') and refund_reason is not null))
        """
    )
    op.execute("update payments set refunded_at = updated_at where status = 'REFUNDED'")
    op.execute(
        """
        insert into ledger_entries
        select p.tenant_id, t.id, e.account, e.sign * p.received_minor, p.received_currency, 'capture', p.id, null,
               p.stripe_payment_intent_id, p.updated_at, now()
        from payments p
        cross join lateral (select gen_random_uuid() as id where p.id is not null) t
        cross join (values ('buyer', -1), ('organisation', 1)) e (account, sign)
        where p.received_minor > 0
        """
    )
    op.execute(
        """
        insert into ledger_entries
        select r.tenant_id, t.id, e.account, e.sign * r.amount_minor, r.currency, 'refund', r.payment_id, r.id,
               r.stripe_refund_id, r.updated_at, now()
        from refunds r
        cross join lateral (select gen_random_uuid() as id where r.id is not null) t
        cross join (values ('organisation', -1), ('refund', 1)) e (account, sign)
        where r.booked
        """
    )


def downgrade() -> None:
    """Payments of which a part went back are left as they are: what came before knew whole refunds only."""
    op.drop_table("ledger_entries")
    op.drop_table("refunds")
    op.execute("drop function ledger_must_balance()")
    op.execute("drop function weigh_refund()")
    op.execute("drop policy refunds_weigh on payments")
    for name in ("payments_destination", "payments_refunded"):
        op.drop_constraint(name, "payments")
    for column in ("needs_action", "application_fee_minor", "destination_account", "refunded_at", "refunded_minor"):
        op.drop_column("payments", column)
    op.execute(f"grant insert, update on payments to {ROLES.app}")


@contextmanager
def _past_the_wall(*tables: str) -> Iterator[None]:
    """Let the owner see every tenant's rows while the block runs: forced row-level security hides them from it too."""
    for table in tables:
        op.execute(f"alter table {table} no force row level security")
    yield
    # What waits for the end of the transaction is checked while the rows can be seen.
    op.execute("set constraints all immediate")
    for table in tables:
        op.execute(f"alter table {table} force row level security")

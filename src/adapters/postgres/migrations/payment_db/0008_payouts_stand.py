"""Whose pass was sold is paid, whatever went back to the buyer: payouts take no more than came, and that is all.

Besides, the next attempt of a payment may be by another method, and what failed is tried again without an end.
"""

from alembic import op

from adapters.postgres.security import Roles

revision = "payment_0008"
down_revision = "payment_0007"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")

_ALL_THAT_CAME = "received_minor"
_WHAT_IS_LEFT = "received_minor - refunded_minor"


def upgrade() -> None:
    """Weigh payouts by what came alone, and have all looked at again that had been given up."""
    _weigh(_ALL_THAT_CAME)
    for table, moment, among in (
        ("payouts", "check_at", "true"),
        ("refunds", "check_at", "reason <> 'refunded at the provider'"),
        ("payment_webhooks", "due_at", "true"),
    ):
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"update {table} set {moment} = now() where status = 'failed' and {moment} is null and {among}")
        op.execute(f"alter table {table} force row level security")
    op.execute(f"grant update (method) on payments to {ROLES.app}")


def downgrade() -> None:
    """What was paid out beyond what is left stays paid out; only nothing more is."""
    op.execute(f"revoke update (method) on payments from {ROLES.app}")
    _weigh(_WHAT_IS_LEFT)


def _weigh(payable: str) -> None:
    """Keep payments.paid_out_minor as before, within another limit; two at once wait for the payment's row."""
    op.execute(
        f"""
        create or replace function weigh_payout() returns trigger language plpgsql
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
               and (weight < 0 or paid_out_minor + weight <= {payable});
            if not found then
                raise exception 'payment % has less left to pay out', new.payment_id
                    using errcode = 'check_violation', constraint = 'payments_paid_out';
            end if;
            return null;
        end $$
        """
    )

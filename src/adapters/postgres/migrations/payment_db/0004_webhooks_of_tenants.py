"""Whose a webhook is, the connected account that it is of, and why one had no effect.

An organisation sees and replays its own webhooks; nobody but the worker reads a body. Completed ones are forgotten.
"""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import TENANT, Roles

revision = "payment_0004"
down_revision = "payment_0003"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
REPLAYED = "status, retry_count, due_at, error_message, note, processed_at"
SEEN = f"id, tenant_id, source, event_id, event_type, occurred_at, received_at, {REPLAYED}"


def upgrade() -> None:
    op.add_column("payment_webhooks", sa.Column("tenant_id", sa.Uuid))
    op.add_column("payment_webhooks", sa.Column("account", sa.Text))
    op.add_column("payment_webhooks", sa.Column("note", sa.Text))
    op.create_index(
        "payment_webhooks_of_tenant",
        "payment_webhooks",
        ["tenant_id", "id"],
        postgresql_where=sa.text("tenant_id is not null"),
    )
    op.create_index(
        "payment_webhooks_done",
        "payment_webhooks",
        ["processed_at"],
        postgresql_where=sa.text("status = 'completed'"),
    )
    for statement in (
        f"create policy app_sees on payment_webhooks for select to {ROLES.app} using (tenant_id = {TENANT})",
        (
            f"create policy app_replays on payment_webhooks for update to {ROLES.app} "
            f"using (tenant_id = {TENANT}) with check (tenant_id = {TENANT} and status = 'received')"
        ),
        f"grant select ({SEEN}), update ({REPLAYED}) on payment_webhooks to {ROLES.app}",
        f"grant delete on payment_webhooks to {ROLES.relay}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"revoke delete on payment_webhooks from {ROLES.relay}")
    op.execute(f"revoke select ({SEEN}), update ({REPLAYED}) on payment_webhooks from {ROLES.app}")
    op.execute("drop policy app_replays on payment_webhooks")
    op.execute("drop policy app_sees on payment_webhooks")
    op.drop_index("payment_webhooks_done", "payment_webhooks")
    op.drop_index("payment_webhooks_of_tenant", "payment_webhooks")
    for column in ("note", "account", "tenant_id"):
        op.drop_column("payment_webhooks", column)

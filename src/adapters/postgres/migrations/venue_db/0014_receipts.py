"""Verdicts that listings and transfers rest on, with their receipts, and the keys that sign receipts.

A verdict is never changed or deleted. The keys belong to the installation and to no tenant; their private halves are
sealed, and none is ever forgotten, so that old receipts stay provable.
"""

from alembic import op

from adapters.postgres.security import Roles, forced, tenant_table

revision = "venue_0014"
down_revision = "venue_0013"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

VERDICTS = """
create table resale_verdicts (
    tenant_id uuid not null, id uuid not null, pass_id uuid, allowed boolean not null, price_minor bigint not null,
    currency text not null, outcome jsonb not null, rulebook_version text not null, grounds text not null,
    receipt text not null, created_at timestamptz not null,
    constraint resale_verdicts_pkey primary key (tenant_id, id),
    constraint resale_verdicts_price check (price_minor >= 0)
)
"""
KEYS = """
create table resale_receipt_keys (
    key_id text not null, public_key bytea not null, sealed_private_key bytea not null, created_at timestamptz not null,
    constraint resale_receipt_keys_pkey primary key (key_id),
    constraint resale_receipt_keys_public_key check (length(public_key) = 32)
)
"""


def upgrade() -> None:
    for statement in (
        VERDICTS,
        "create index resale_verdicts_of_pass on resale_verdicts (tenant_id, pass_id, id) where pass_id is not null",
        *tenant_table("resale_verdicts", ROLES, grant="select, insert"),
        KEYS,
        *forced("resale_receipt_keys"),
        f"create policy app_keeps on resale_receipt_keys to {ROLES.app} using (true) with check (true)",
        f"grant select, insert on resale_receipt_keys to {ROLES.app}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("resale_receipt_keys")
    op.drop_table("resale_verdicts")

"""Vouchers with the orders that use them, and sales at the box office."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.security import Roles, tenant_table

revision = "order_0004"
down_revision = "order_0003"
branch_labels = None
depends_on = None

ROLES = Roles.of("order_db")
MOMENT = sa.DateTime(timezone=True)
TABLES = ("voucher_misses", "voucher_redemptions", "voucher_changes", "vouchers")
SALE = ("sold_by", "settlement", "sale_note")


def upgrade() -> None:
    _vouchers()
    op.create_table(
        "voucher_redemptions",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("voucher_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name="voucher_redemptions_pkey"),
        # The status follows that of the order, so that a use comes back with the end of its order, whatever ended it.
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id", "account_id", "status"],
            ["orders.tenant_id", "orders.id", "orders.account_id", "orders.status"],
            name="voucher_redemptions_order",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "voucher_id"], ["vouchers.tenant_id", "vouchers.id"], name="voucher_redemptions_voucher"
        ),
    )
    op.create_index(
        "voucher_redemptions_live",
        "voucher_redemptions",
        ["tenant_id", "voucher_id", "account_id"],
        postgresql_where=sa.text("status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')"),
    )
    op.create_table(
        "voucher_misses",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="voucher_misses_pkey"),
    )
    op.create_index("voucher_misses_old", "voucher_misses", ["tenant_id", "since"])
    for statement in (
        *tenant_table("vouchers", ROLES, grant="select, insert, update"),
        *tenant_table("voucher_changes", ROLES, grant="select, insert"),
        *tenant_table("voucher_redemptions", ROLES, grant="select, insert"),
        *tenant_table("voucher_misses", ROLES),
    ):
        op.execute(statement)
    for column, kind in zip(SALE, (sa.Uuid, sa.Text, sa.Text), strict=True):
        op.add_column("orders", sa.Column(column, kind))
    op.create_check_constraint("orders_sale", "orders", "num_nonnulls(sold_by, settlement, sale_note) in (0, 3)")
    op.create_check_constraint("orders_settlement", "orders", "settlement in ('cash', 'complimentary')")
    op.create_index(
        "orders_at_box_office", "orders", ["tenant_id", "id"], postgresql_where=sa.text("sold_by is not null")
    )


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("percent_basis_points", sa.Integer),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("minimum_minor", sa.BigInteger),
        sa.Column("currency", sa.CHAR(3)),
        sa.Column("ticket_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("valid_from", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("uses_max", sa.Integer),
        sa.Column("uses_per_account_max", sa.Integer),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="vouchers_pkey"),
        sa.UniqueConstraint("tenant_id", "code", name="vouchers_code"),
        sa.CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'", name="vouchers_code_form"),
        sa.CheckConstraint("num_nonnulls(percent_basis_points, amount_minor) = 1", name="vouchers_reduction"),
        sa.CheckConstraint("percent_basis_points between 1 and 10000", name="vouchers_percent"),
        sa.CheckConstraint("least(amount_minor, minimum_minor) > 0", name="vouchers_amounts"),
        sa.CheckConstraint(
            "(currency is null) = (num_nonnulls(amount_minor, minimum_minor) = 0)", name="vouchers_currency"
        ),
        sa.CheckConstraint("least(uses_max, uses_per_account_max) > 0", name="vouchers_limits"),
        sa.CheckConstraint("valid_from < valid_until", name="vouchers_times"),
    )
    op.create_table(
        "voucher_changes",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("voucher_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_account_id", sa.Uuid, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("members", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "voucher_id", "version", name="voucher_changes_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "voucher_id"], ["vouchers.tenant_id", "vouchers.id"], name="voucher_changes_voucher"
        ),
    )


def downgrade() -> None:
    """Forget vouchers and who sold; the orders stay, with their discounts."""
    op.drop_index("orders_at_box_office", "orders")
    for constraint in ("orders_settlement", "orders_sale"):
        op.drop_constraint(constraint, "orders")
    for column in SALE:
        op.drop_column("orders", column)
    for table in TABLES:
        op.drop_table(table)

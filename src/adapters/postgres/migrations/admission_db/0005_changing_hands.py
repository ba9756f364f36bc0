"""What a pass was first sold for, whom it names, what it is offered for, and how passes changed hands."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "admission_0005"
down_revision = "admission_0004"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
MOMENT = sa.DateTime(timezone=True)
COLUMNS = (
    ("first_sold_at", MOMENT),
    ("discount_minor", sa.BigInteger),
    ("mandatory_fees_minor", sa.BigInteger),
    ("optional_minor", sa.BigInteger),
    ("tax_minor", sa.BigInteger),
    ("fee_printed", sa.Boolean),
    ("complimentary", sa.Boolean),
    ("paid_minor", sa.BigInteger),
    ("lineage_id", sa.Uuid),
    ("resold_from", sa.Uuid),
    ("holder_name", sa.Text),
    ("offer_id", sa.Uuid),
    ("offer_kind", sa.Text),
    ("offered_at", MOMENT),
    ("scanned_at", MOMENT),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("passes", sa.Column(name, kind))
    # What the passes of before cost beside their face value was never told, so it stays unknown. Each was issued when
    # it was first sold. The owner sees rows only while the wall is not forced upon it.
    op.execute("alter table passes no force row level security")
    op.execute("update passes set first_sold_at = issued_at, lineage_id = id")
    op.execute("alter table passes force row level security")
    op.alter_column("passes", "first_sold_at", nullable=False)
    op.alter_column("passes", "lineage_id", nullable=False)
    op.create_check_constraint(
        "passes_offer",
        "passes",
        "num_nulls(offer_id, offer_kind, offered_at) in (0, 3) and offer_kind in ('listing', 'transfer', 'return')",
    )
    op.create_check_constraint(
        "passes_offered_or_used", "passes", "offer_id is null or (status <> 'VOID' and scanned_at is null)"
    )
    op.create_check_constraint(
        "passes_first_sale",
        "passes",
        "least(discount_minor, mandatory_fees_minor, optional_minor, tax_minor, paid_minor) >= 0",
    )
    op.create_index("passes_of_account", "passes", ["tenant_id", "account_id", "id"])
    op.create_table(
        "handovers",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("offer_id", sa.Uuid, nullable=False),
        sa.Column("pass_id", sa.Uuid, nullable=False),
        sa.Column("from_account_id", sa.Uuid, nullable=False),
        sa.Column("to_account_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("handed_over_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "offer_id", name="handovers_pkey"),
        sa.UniqueConstraint("tenant_id", "pass_id", "revision", name="handovers_revision"),
    )
    op.create_table(
        "reissues",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_item_id", sa.Uuid, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("old_pass_id", sa.Uuid, nullable=False),
        sa.Column("pass_id", sa.Uuid),
        sa.Column("refusal", sa.Text),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_item_id", name="reissues_pkey"),
        sa.CheckConstraint("(pass_id is null) = (refusal is not null)", name="reissues_outcome"),
    )
    op.create_index(
        "reissues_once",
        "reissues",
        ["tenant_id", "old_pass_id"],
        unique=True,
        postgresql_where=sa.text("pass_id is not null"),
    )
    # How passes changed hands is told once and never changed.
    for table in ("handovers", "reissues"):
        for statement in tenant_table(table, ROLES, grant="select, insert"):
            op.execute(statement)


def downgrade() -> None:
    """Offers, names and prices are lost; a pass that was offered admits again."""
    op.drop_table("reissues")
    op.drop_table("handovers")
    op.drop_index("passes_of_account", "passes")
    for name in ("passes_first_sale", "passes_offered_or_used", "passes_offer"):
        op.drop_constraint(name, "passes")
    for name, _ in reversed(COLUMNS):
        op.drop_column("passes", name)

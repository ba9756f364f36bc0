"""Prices that change by themselves: the times of a tier's changes, and the price from each on.

`price_tiers.price_minor` and `seats.price_minor` are from now on the prices before any change. No hold reads them: its
prices come with it, and the plan's version vouches for them.
"""

from alembic import op

revision = "venue_0010"
down_revision = "venue_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table price_tiers add column changes_at timestamptz[] not null default '{}',"
        " add column changes_minor bigint[] not null default '{}'"
    )
    op.create_check_constraint(
        "price_tiers_changes",
        "price_tiers",
        "cardinality(changes_at) = cardinality(changes_minor) and 0 <= all (changes_minor)"
        " and array_position(changes_at, null) is null and array_position(changes_minor, null) is null",
    )


def downgrade() -> None:
    op.drop_constraint("price_tiers_changes", "price_tiers")
    op.drop_column("price_tiers", "changes_minor")
    op.drop_column("price_tiers", "changes_at")

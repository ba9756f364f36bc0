"""Tell which changes of a plan change its seats or prices, so that what is remembered of them can be trusted."""

import sqlalchemy as sa
from alembic import op

revision = "venue_0005"
down_revision = "venue_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seating_plans", sa.Column("seats_version", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("seating_plans", "seats_version")

"""Discounts and taxes of orders, beside their fees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "order_0003"
down_revision = "order_0002"
branch_labels = None
depends_on = None

PARTS = ("discounts", "taxes")


def upgrade() -> None:
    for part in PARTS:
        op.add_column("orders", sa.Column(part, JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")))


def downgrade() -> None:
    for part in PARTS:
        op.drop_column("orders", part)

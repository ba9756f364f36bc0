"""Requests to be forgotten are looked at a second time."""

import sqlalchemy as sa
from alembic import op

revision = "user_0002"
down_revision = "user_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "personal_data_requests", sa.Column("second_look", sa.Boolean, nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("personal_data_requests", "second_look")

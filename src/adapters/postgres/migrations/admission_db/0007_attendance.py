"""The passes that somebody gave away are found by who gave them."""

from alembic import op

revision = "admission_0007"
down_revision = "admission_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("handovers_from", "handovers", ["tenant_id", "from_account_id", "pass_id"])


def downgrade() -> None:
    op.drop_index("handovers_from", "handovers")

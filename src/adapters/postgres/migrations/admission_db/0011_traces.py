"""Events carry the trace in which they were made, so that whoever takes them goes on with it."""

from alembic import op

revision = "admission_0011"
down_revision = "admission_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The first revision makes the outbox of a new database as it is today.
    op.execute("alter table outbox add column if not exists traceparent text")


def downgrade() -> None:
    op.execute("alter table outbox drop column if exists traceparent")

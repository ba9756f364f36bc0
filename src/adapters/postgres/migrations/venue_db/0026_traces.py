"""Events carry the trace in which they were made; and the health of operations may count what is done."""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0026"
down_revision = "venue_0025"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
COUNTED = "done, total"


def upgrade() -> None:
    # The first revision makes the outbox of a new database as it is today.
    op.execute("alter table outbox add column if not exists traceparent text")
    op.execute(f"grant select ({COUNTED}) on venue_operations to {ROLES.relay}")


def downgrade() -> None:
    op.execute(f"revoke select ({COUNTED}) on venue_operations from {ROLES.relay}")
    op.execute("alter table outbox drop column if exists traceparent")

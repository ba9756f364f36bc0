"""How far Stripe's own list of events has been read."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, forced

revision = "payment_0007"
down_revision = "payment_0006"
branch_labels = None
depends_on = None

ROLES = Roles.of("payment_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "event_readings",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("newest", MOMENT),
        sa.Column("after", sa.Text),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="event_readings_pkey"),
        sa.CheckConstraint("(newest is null) = (after is null)", name="event_readings_under_way"),
    )
    for statement in (
        *forced("event_readings"),
        f"create policy relay_reads on event_readings to {ROLES.relay} using (true) with check (true)",
        f"grant select, insert, update on event_readings to {ROLES.relay}",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Reading begins anew after the next upgrade; what it finds twice is stored once."""
    op.drop_table("event_readings")

"""Accessible seats are anybody's from a time on; and a word in the audit for whoever set it."""

import sqlalchemy as sa
from alembic import op

revision = "venue_0019"
down_revision = "venue_0018"
branch_labels = None
depends_on = None

DEEDS = "'blocked', 'unblocked', 'allotted', 'released', 'held_for', 'returned'"


def upgrade() -> None:
    op.add_column("seating_plans", sa.Column("accessible_releases_at", sa.DateTime(timezone=True)))
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint("seat_audit_deed", "seat_audit", f"deed in ({DEEDS}, 'release_set')")


def downgrade() -> None:
    # The owner sees rows only while the wall is not forced upon it.
    op.execute("alter table seat_audit no force row level security")
    op.execute("delete from seat_audit where deed = 'release_set'")
    op.execute("alter table seat_audit force row level security")
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint("seat_audit_deed", "seat_audit", f"deed in ({DEEDS})")
    op.drop_column("seating_plans", "accessible_releases_at")

"""Single seats of a sale that go back: how many a reservation still counts, and a word for it in the audit."""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0011"
down_revision = "venue_0010"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
# A change that meets the condition is a fault: only what was sold, and stays so, comes to fewer seats.
COUNT_STAYS = """
old.seats_count <> new.seats_count
and (old.status <> 'SOLD' or new.status <> 'SOLD' or new.seats_count > old.seats_count)
"""
DEEDS = "'blocked', 'unblocked', 'allotted', 'released', 'held_for'"


def upgrade() -> None:
    op.execute(
        "create trigger seat_reservations_count after update of seats_count on seat_reservations for each row"
        f" when ({COUNT_STAYS}) execute function refuse_change()"
    )
    op.execute(f"grant update (seats_count) on seat_reservations to {ROLES.app}")
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint("seat_audit_deed", "seat_audit", f"deed in ({DEEDS}, 'returned')")


def downgrade() -> None:
    # The owner sees rows only while the wall is not forced upon it.
    op.execute("alter table seat_audit no force row level security")
    op.execute("delete from seat_audit where deed = 'returned'")
    op.execute("alter table seat_audit force row level security")
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint("seat_audit_deed", "seat_audit", f"deed in ({DEEDS})")
    op.execute("drop trigger seat_reservations_count on seat_reservations")
    op.execute(f"revoke update (seats_count) on seat_reservations from {ROLES.app}")

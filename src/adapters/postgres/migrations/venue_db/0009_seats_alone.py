"""What PostgreSQL refuses of seats and their ledger by itself, whatever a program tells it.

Rows of the ledger are never deleted, and what was promised in them (the buyer, the price, the ceiling) stays. What is
sold goes back to the public before anybody else has it.

None of it is felt by a hold: privileges are looked up when a statement is planned, checks look at one row, and the
triggers are decided by their conditions, which no hold meets; they come after the row, so that they take no lock.
"""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0009"
down_revision = "venue_0008"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

CHANGED = {
    "seat_reservations": "status, order_id, expires_at, sold_at",
    "seat_reservation_items": "live",
}
"""The columns that the app role updates; a column that is added later and may change is granted where it is added."""
NEVER_DELETED = tuple(CHANGED)

CHECKS = {
    "seats": {
        "seats_price": "price_minor >= 0",
        "seats_no_end": "held_until is null or status not in ('AVAILABLE', 'SOLD')",
        "seats_block_reason": "(block_reason is not null) = (status = 'BLOCKED')",
    },
    "seat_reservations": {
        "seat_reservations_seats": "seats_count > 0",
        "seat_reservations_hold": "status <> 'HELD' or (order_id is null and expires_at <= ceiling_at)",
        "seat_reservations_sold": "sold_at is not null or status <> 'SOLD'",
    },
    "seat_reservation_items": {"seat_reservation_items_price": "price_minor >= 0"},
}

# A change that meets the condition is a fault.
SOLD_STAY = """
old.status = 'SOLD' and new.status <> 'AVAILABLE'
and (new.status, new.reservation_id) is distinct from (old.status, old.reservation_id)
"""
MOVES = """
(old.status = 'HELD' and new.status = 'SOLD')
or (old.status = 'RESERVED' and new.status = 'HELD')
or (old.status = 'SOLD' and new.status not in ('SOLD', 'RELEASED'))
or (old.status in ('RELEASED', 'EXPIRED') and new.status not in (old.status, 'SOLD'))
or (old.order_id is not null and new.order_id is distinct from old.order_id)
or (old.sold_at is not null and new.sold_at is distinct from old.sold_at)
"""
TRIGGERS = {
    "seats_sold_stay": ("seats", "status, reservation_id", SOLD_STAY),
    "seat_reservations_moves": ("seat_reservations", "status, order_id, sold_at", MOVES),
}
REFUSE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'a row of % cannot change in this way', tg_table_name
        using errcode = 'check_violation', constraint = tg_name, table = tg_table_name;
end
$$
"""


def upgrade() -> None:
    op.execute(f"revoke delete on {', '.join(NEVER_DELETED)} from {ROLES.app}")
    for table, columns in CHANGED.items():
        op.execute(f"revoke update on {table} from {ROLES.app}")
        op.execute(f"grant update ({columns}) on {table} to {ROLES.app}")
    for table, checks in CHECKS.items():
        for name, condition in checks.items():
            op.execute(f"alter table {table} add constraint {name} check ({condition})")
    op.execute(REFUSE)
    op.execute("revoke execute on function refuse_change() from public")
    for name, (table, columns, condition) in TRIGGERS.items():
        op.execute(
            f"create trigger {name} after update of {columns} on {table} for each row"
            f" when ({condition}) execute function refuse_change()"
        )


def downgrade() -> None:
    for name, (table, _, _) in TRIGGERS.items():
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop function refuse_change()")
    for table, checks in CHECKS.items():
        for name in checks:
            op.execute(f"alter table {table} drop constraint {name}")
    for table, columns in CHANGED.items():
        op.execute(f"revoke update ({columns}) on {table} from {ROLES.app}")
        op.execute(f"grant update on {table} to {ROLES.app}")
    op.execute(f"grant delete on {', '.join(NEVER_DELETED)} to {ROLES.app}")

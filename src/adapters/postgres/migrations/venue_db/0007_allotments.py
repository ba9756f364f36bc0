"""Allotments: seats kept for a channel; and who made a hold for somebody else.

An allotment keeps its seats in an array: it is read and written as a whole, under the version of its plan, and that a
seat is in one at most is decided there.
"""

from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "venue_0007"
down_revision = "venue_0006"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

ALLOTMENTS = """
create table allotments (
    tenant_id uuid not null, id uuid not null, plan_id uuid not null, name text not null,
    seat_ids uuid[] not null, codes bytea[] not null, account_ids uuid[] not null, releases_at timestamptz,
    constraint allotments_pkey primary key (tenant_id, id),
    constraint allotments_name unique (tenant_id, plan_id, name)
)
"""


def upgrade() -> None:
    op.execute(ALLOTMENTS)
    for statement in tenant_table("allotments", ROLES):
        op.execute(statement)
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint(
        "seat_audit_deed", "seat_audit", "deed in ('blocked', 'unblocked', 'allotted', 'released', 'held_for')"
    )
    op.drop_constraint("seat_audit_reason", "seat_audit")
    op.create_check_constraint("seat_audit_reason", "seat_audit", "reason is not null or deed <> 'blocked'")


def downgrade() -> None:
    # The owner too is bound by row-level security, and no policy shows it a row.
    op.execute("alter table seat_audit no force row level security")
    op.execute("delete from seat_audit where deed not in ('blocked', 'unblocked')")
    op.execute("update seat_audit set reason = null where deed <> 'blocked'")
    op.execute("alter table seat_audit force row level security")
    op.drop_constraint("seat_audit_reason", "seat_audit")
    op.create_check_constraint("seat_audit_reason", "seat_audit", "(reason is not null) = (deed = 'blocked')")
    op.drop_constraint("seat_audit_deed", "seat_audit")
    op.create_check_constraint("seat_audit_deed", "seat_audit", "deed in ('blocked', 'unblocked')")
    op.drop_table("allotments")

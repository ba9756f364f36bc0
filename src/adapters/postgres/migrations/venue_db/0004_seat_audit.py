"""The audit of seats: what the box office did to which seat, who, when and why. Lines are added, never changed."""

from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "venue_0004"
down_revision = "venue_0003"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

AUDIT = """
create table seat_audit (
    tenant_id uuid not null, seat_id uuid not null, id bigint generated always as identity, plan_id uuid not null,
    deed text not null, account_id uuid not null, reason text, until timestamptz, at timestamptz not null,
    constraint seat_audit_pkey primary key (tenant_id, seat_id, id),
    constraint seat_audit_deed check (deed in ('blocked', 'unblocked')),
    constraint seat_audit_reason check ((reason is not null) = (deed = 'blocked'))
)
"""


def upgrade() -> None:
    op.execute(AUDIT)
    for statement in tenant_table("seat_audit", ROLES, grant="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("seat_audit")

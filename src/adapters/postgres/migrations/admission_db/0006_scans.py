"""What is seen at the gates, refused or not, and who is inside."""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "admission_0006"
down_revision = "admission_0005"
branch_labels = None
depends_on = None

ROLES = Roles.of("admission_db")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("passes", sa.Column("inside_since", MOMENT))
    op.create_check_constraint("passes_inside", "passes", "inside_since is null or scanned_at <= inside_since")
    op.create_index("passes_of_ticket", "passes", ["tenant_id", "ticket_id", "id"])
    op.create_table(
        "scans",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("pass_id", sa.Uuid),
        sa.Column("revision", sa.Integer),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("scanned_by", sa.Uuid, nullable=False),
        sa.Column("scanned_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("offline", sa.Boolean, nullable=False),
        sa.Column("admitted", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("earlier_scan_id", sa.Uuid),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="scans_pkey"),
        sa.CheckConstraint("direction in ('in', 'out')", name="scans_direction"),
        sa.CheckConstraint("octet_length(code_hash) = 32", name="scans_code_hash"),
        sa.CheckConstraint("(pass_id is null) = (revision is null)", name="scans_revision"),
        sa.CheckConstraint(
            "(admitted or reason is not null) and (offline or admitted = (reason is null))", name="scans_reason"
        ),
    )
    op.create_index("scans_of_pass", "scans", ["tenant_id", "pass_id", "scanned_at", "id"])
    # What was seen is never changed.
    for statement in tenant_table("scans", ROLES, grant="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("scans")
    op.drop_index("passes_of_ticket", "passes")
    op.drop_constraint("passes_inside", "passes")
    op.drop_column("passes", "inside_since")

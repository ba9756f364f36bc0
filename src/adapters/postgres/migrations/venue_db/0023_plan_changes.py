"""A published plan gets another layout, by an operation that has frozen it.

Seats that stay keep their rows, so that nothing which names them has to be told. Removed ones stay as well, retired:
blocked for good and in no plan. The app role may describe seats and sections anew, and a trigger lets it only while the
plan of the row is frozen. A hold names none of these columns, so it feels nothing of the triggers.
"""

from alembic import op

from adapters.postgres.security import Roles, tenant_table

revision = "venue_0023"
down_revision = "venue_0022"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

COLUMNS = """
alter table seating_plans add column changing_by uuid;
alter table sections add column retired_at timestamptz;
alter table seats add column position integer;
alter table seats add column retired_at timestamptz;
alter table seats add constraint seats_retired check (retired_at is null or status = 'BLOCKED');
create table seating_fences (
    tenant_id uuid not null, operation_id uuid not null, fence bigint not null, done boolean not null default false,
    constraint seating_fences_pkey primary key (tenant_id, operation_id)
);
"""
SEATS = (
    "section_id, guid, seat_label, row_label, seat_number, column_number, category, x, y, attributes, table_name, "
    "table_sale, position, retired_at"
)
SECTIONS = "row_count, column_count, display_order, floor, zone, capacity, ticket_id, retired_at"
ITEMS = "seat_label, section_id"
DESCRIBED = {"seats": SEATS, "sections": SECTIONS}

# Of rows that are added and removed. The plan's row is locked, so that it stays a draft, or frozen, meanwhile.
REFUSE_UNLESS_DRAFT = """
create or replace function refuse_unless_draft() returns trigger language plpgsql security invoker as $$
begin
    perform from (select distinct r.tenant_id, r.plan_id from changed_rows r) c
      left join lateral (select p.status{more} from seating_plans p
                          where p.tenant_id = c.tenant_id and p.id = c.plan_id for share) d on true
     where d.status is distinct from 'draft'{unless};
    if found then
        raise exception 'the layout of a plan that was published stays as it is'
            using errcode = 'restrict_violation', constraint = 'published_layout';
    end if;
    return null;
end
$$
"""
REFUSE_UNLESS_CHANGING = """
create function refuse_unless_changing() returns trigger language plpgsql security invoker as $$
begin
    perform from seating_plans p
     where p.tenant_id = new.tenant_id and p.id = new.plan_id and p.changing_by is not null;
    if not found then
        raise exception 'the layout of a plan that was published stays as it is'
            using errcode = 'restrict_violation', constraint = 'published_layout';
    end if;
    return null;
end
$$
"""
REFUSE_ITEM = """
create function refuse_item_unless_changing() returns trigger language plpgsql security invoker as $$
begin
    perform from seats s join seating_plans p on p.tenant_id = s.tenant_id and p.id = s.plan_id
     where s.tenant_id = new.tenant_id and s.id = new.seat_id and p.changing_by is not null;
    if not found then
        raise exception 'what was promised stays as it is'
            using errcode = 'restrict_violation', constraint = 'promised_seat';
    end if;
    return null;
end
$$
"""
PUBLISHED = """
create trigger seating_plans_published_layout before update on seating_plans for each row
when (old.version_number is not null{unless} and (
    old.version_number, old.ticket_id, old.venue_id, old.sections_count, old.seats_count, old.ga_capacity,
    old.categories, old.layout, old.focus_x, old.focus_y
) is distinct from (
    new.version_number, new.ticket_id, new.venue_id, new.sections_count, new.seats_count, new.ga_capacity,
    new.categories, new.layout, new.focus_x, new.focus_y
)) execute function refuse_other_layout()
"""


def upgrade() -> None:
    for statement in filter(str.strip, COLUMNS.split(";\n")):
        op.execute(statement)
    for statement in tenant_table("seating_fences", ROLES, grant="select, insert"):
        op.execute(statement)
    op.execute(f"grant update (fence, done) on seating_fences to {ROLES.app}")
    unless = " and (tg_op = 'DELETE' or d.changing_by is null)"
    op.execute(REFUSE_UNLESS_DRAFT.format(more=", p.changing_by", unless=unless))
    op.execute(REFUSE_UNLESS_CHANGING)
    op.execute(REFUSE_ITEM)
    for function in ("refuse_unless_changing", "refuse_item_unless_changing"):
        op.execute(f"revoke execute on function {function}() from public")
    for table, columns in DESCRIBED.items():
        op.execute(f"grant update ({columns}) on {table} to {ROLES.app}")
        op.execute(
            f"create trigger {table}_described after update of {columns} on {table}"
            " for each row execute function refuse_unless_changing()"
        )
    op.execute(f"grant update ({ITEMS}) on seat_reservation_items to {ROLES.app}")
    op.execute(
        f"create trigger seat_reservation_items_moved after update of {ITEMS} on seat_reservation_items"
        " for each row execute function refuse_item_unless_changing()"
    )
    op.execute("drop trigger seating_plans_published_layout on seating_plans")
    op.execute(PUBLISHED.format(unless=" and old.changing_by is null"))


def downgrade() -> None:
    op.execute("drop trigger seating_plans_published_layout on seating_plans")
    op.execute(PUBLISHED.format(unless=""))
    op.execute("drop trigger seat_reservation_items_moved on seat_reservation_items")
    op.execute(f"revoke update ({ITEMS}) on seat_reservation_items from {ROLES.app}")
    for table, columns in DESCRIBED.items():
        op.execute(f"drop trigger {table}_described on {table}")
        op.execute(f"revoke update ({columns}) on {table} from {ROLES.app}")
    op.execute("drop function refuse_item_unless_changing()")
    op.execute("drop function refuse_unless_changing()")
    op.execute(REFUSE_UNLESS_DRAFT.format(more="", unless=""))
    op.drop_table("seating_fences")
    op.execute("alter table seats drop column retired_at, drop column position")
    op.execute("alter table sections drop column retired_at")
    op.execute("alter table seating_plans drop column changing_by")

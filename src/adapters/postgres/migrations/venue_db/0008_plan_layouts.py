"""What a plan can describe: floors, zones, general admission, tables, a focus. Published plans stay as they are.

A plan is published by its first activation, which gives it the next number of its ticket. From then on the app role
can change no layout: it may update only those columns of seats and sections that holds, blocks and prices need, and
triggers refuse to add or remove rows, and to change what a plan says of its layout, unless the plan is a draft.
"""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0008"
down_revision = "venue_0007"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# Row-level security binds the owner too, who would see no plan to number.
UP = """
alter table seating_plans add column version_number integer;
alter table seating_plans add column ga_capacity integer not null default 0;
alter table seating_plans add column focus_x double precision;
alter table seating_plans add column focus_y double precision;
alter table sections add column floor text;
alter table sections add column zone text;
alter table sections add column kind text not null default 'seated';
alter table sections add column capacity integer;
alter table sections add column ticket_id uuid;
alter table seats add column table_name text;
alter table seats add column table_sale text;
alter table venue_sections add column capacity integer;
alter table seating_plans no force row level security;
update seating_plans p set version_number = n.number
  from (select tenant_id, id,
               row_number() over (partition by tenant_id, ticket_id order by created_at, id) as number
          from seating_plans where status <> 'draft') n
 where p.tenant_id = n.tenant_id and p.id = n.id;
alter table seating_plans force row level security;
alter table seating_plans add constraint seating_plans_published
    check ((version_number is null) = (status = 'draft'));
alter table seating_plans add constraint seating_plans_version_number check (version_number >= 1);
alter table seating_plans add constraint seating_plans_focus check ((focus_x is null) = (focus_y is null));
create unique index seating_plans_numbers on seating_plans (tenant_id, ticket_id, version_number)
    where version_number is not null;
alter table sections add constraint sections_kind check (kind in ('seated', 'ga'));
alter table sections add constraint sections_capacity check ((capacity is not null) = (kind = 'ga') and capacity >= 1);
alter table sections add constraint sections_ticket check (ticket_id is null or kind = 'ga');
alter table seats add constraint seats_table
    check ((table_name is null) = (table_sale is null) and table_sale in ('by_seat', 'whole'));
alter table venue_sections add constraint venue_sections_capacity
    check (capacity is null or (kind = 'ga' and capacity >= 1));
"""

# The plan's row is locked, so that it cannot be published while the rows of its layout are written.
GUARDS = (
    """
    create function refuse_unless_draft() returns trigger language plpgsql security invoker as $$
    begin
        perform from (select distinct r.tenant_id, r.plan_id from changed_rows r) c
          left join lateral (select p.status from seating_plans p
                              where p.tenant_id = c.tenant_id and p.id = c.plan_id for share) d on true
         where d.status is distinct from 'draft';
        if found then
            raise exception 'the layout of a plan that was published stays as it is'
                using errcode = 'restrict_violation', constraint = 'published_layout';
        end if;
        return null;
    end
    $$
    """,
    *(
        f"""
        create trigger {table}_{deed}_in_draft after {deed} on {table}
        referencing {rows} table as changed_rows for each statement execute function refuse_unless_draft()
        """
        for table in ("seats", "sections")
        for deed, rows in (("insert", "new"), ("delete", "old"))
    ),
    """
    create function refuse_other_layout() returns trigger language plpgsql security invoker as $$
    begin
        raise exception 'the layout of a plan that was published stays as it is'
            using errcode = 'restrict_violation', constraint = 'published_layout';
    end
    $$
    """,
    """
    create trigger seating_plans_published_layout before update on seating_plans for each row
    when (old.version_number is not null and (
        old.version_number, old.ticket_id, old.venue_id, old.sections_count, old.seats_count, old.ga_capacity,
        old.categories, old.layout, old.focus_x, old.focus_y
    ) is distinct from (
        new.version_number, new.ticket_id, new.venue_id, new.sections_count, new.seats_count, new.ga_capacity,
        new.categories, new.layout, new.focus_x, new.focus_y
    )) execute function refuse_other_layout()
    """,
)
SEATS_MUTABLE = "price_tier_id, price_minor, status, reservation_id, held_until, block_reason"
RIGHTS = (
    f"revoke update on seats, sections from {ROLES.app}",
    f"revoke delete on seating_plans from {ROLES.app}",
    f"grant update ({SEATS_MUTABLE}) on seats to {ROLES.app}",
    f"grant update (price_tier_id) on sections to {ROLES.app}",
)

DOWN = """
drop trigger seating_plans_published_layout on seating_plans;
drop trigger seats_insert_in_draft on seats;
drop trigger seats_delete_in_draft on seats;
drop trigger sections_insert_in_draft on sections;
drop trigger sections_delete_in_draft on sections;
drop function refuse_other_layout();
drop function refuse_unless_draft();
alter table venue_sections drop column capacity;
alter table seats drop column table_name, drop column table_sale;
alter table sections drop column floor, drop column zone, drop column kind, drop column capacity, drop column ticket_id;
drop index seating_plans_numbers;
alter table seating_plans drop constraint seating_plans_published;
alter table seating_plans drop column version_number, drop column ga_capacity, drop column focus_x, drop column focus_y;
"""


def upgrade() -> None:
    for statement in filter(str.strip, UP.split(";\n")):
        op.execute(statement)
    for statement in (*GUARDS, *RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"revoke update (price_tier_id) on sections from {ROLES.app}")
    op.execute(f"revoke update ({SEATS_MUTABLE}) on seats from {ROLES.app}")
    op.execute(f"grant update on seats, sections to {ROLES.app}")
    op.execute(f"grant delete on seating_plans to {ROLES.app}")
    for statement in filter(str.strip, DOWN.split(";\n")):
        op.execute(statement)

"""What changes of a seat stands in a table of its own: `seats` says what a seat is, `seat_states` whose it is now.

A seat without a row there is available. So a hold will add narrow rows, and what ends it will take them away; it found
and rewrote a wide row of each seat, and tidied up its page first. The primary key keeps two from having one seat
(docs/adr/0017).
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0028"
down_revision = "venue_0027"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# A row that says AVAILABLE is what is left of a lock: who must lock a seat that has no row adds it. A seat that was
# taken out of its plan is RETIRED for good. Rows change in place when a hold becomes an order and a sale, for which
# each page has room.
STATES = """
create table seat_states (
    tenant_id uuid not null, plan_id uuid not null, seat_id uuid not null, status text not null, reservation_id uuid,
    held_until timestamptz, block_reason text,
    constraint seat_states_pkey primary key (tenant_id, plan_id, seat_id),
    constraint seat_states_status check (case status
        when 'HELD' then reservation_id is not null and held_until is not null and block_reason is null
        when 'RESERVED' then reservation_id is not null and held_until is not null and block_reason is null
        when 'SOLD' then reservation_id is not null and held_until is null and block_reason is null
        when 'BLOCKED' then reservation_id is null and block_reason is not null
        when 'AVAILABLE' then reservation_id is null and held_until is null and block_reason is null
        when 'RETIRED' then reservation_id is null and held_until is null and block_reason is null
        else false end)
) with (fillfactor = 80);
alter table seats no force row level security;
insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until, block_reason)
select tenant_id, plan_id, id, case when retired_at is null then status else 'RETIRED' end, reservation_id,
       case when retired_at is null then held_until end, case when retired_at is null then block_reason end
  from seats where status <> 'AVAILABLE';
alter table seats force row level security;
grant select (plan_id) on seats to {relay};
drop trigger seats_sold_stay on seats;
alter table seats drop column status, drop column reservation_id, drop column held_until, drop column block_reason
"""
CHANGED = "status, reservation_id, held_until, block_reason"
SEEN = ("tenant_id", "plan_id", "seat_id", "status", "reservation_id")

# What a change of a row must not be. A seat that is sold is nobody else's, and a row of it goes when the sale is undone
# in the ledger.
REFUSE_WHILE_SOLD = """
create function refuse_while_sold() returns trigger language plpgsql security invoker as $$
begin
    if tg_op = 'UPDATE' and new.status = 'SOLD' then
        return null;
    end if;
    perform from seat_reservation_items i
     where i.tenant_id = old.tenant_id and i.seat_id = old.seat_id and i.sold;
    if found then
        raise exception 'a row of % stays while its seat is sold', tg_table_name
            using errcode = 'check_violation', constraint = tg_name, table = tg_table_name;
    end if;
    return null;
end
$$
"""
REFUSE_UNLESS_RETIRED = """
create function refuse_unless_retired() returns trigger language plpgsql security invoker as $$
begin
    perform from seat_states s
     where s.tenant_id = new.tenant_id and s.plan_id = new.plan_id and s.seat_id = new.id and s.status = 'RETIRED';
    if not found then
        raise exception 'a seat that is taken out of its plan is retired first'
            using errcode = 'check_violation', constraint = tg_name, table = tg_table_name;
    end if;
    return null;
end
$$
"""
FORGET = """
create function forget_seat_states() returns trigger language plpgsql security invoker as $$
begin
    delete from seat_states s using changed_rows c
     where s.tenant_id = c.tenant_id and s.plan_id = c.plan_id and s.seat_id = c.id;
    return null;
end
$$
"""
TRIGGERS = """
create trigger seat_states_sold_stay after update of status, reservation_id on seat_states for each row
when (old.status = 'SOLD' and new.status <> 'AVAILABLE'
      and (new.status, new.reservation_id) is distinct from (old.status, old.reservation_id))
execute function refuse_change();
create trigger seat_states_sold_until_undone after update or delete on seat_states for each row
when (old.status = 'SOLD') execute function refuse_while_sold();
create trigger seat_states_retired_stay after update or delete on seat_states for each row
when (old.status = 'RETIRED') execute function refuse_change();
create trigger seats_retired after update of retired_at on seats for each row
when (new.retired_at is not null) execute function refuse_unless_retired();
create trigger seats_deleted after delete on seats
referencing old table as changed_rows for each statement execute function forget_seat_states()
"""

BACK = """
alter table seats add column status text not null default 'AVAILABLE', add column reservation_id uuid,
                  add column held_until timestamptz, add column block_reason text;
alter table seats no force row level security;
alter table seat_states no force row level security;
update seats s
   set status = case t.status when 'RETIRED' then 'BLOCKED' else t.status end, reservation_id = t.reservation_id,
       held_until = t.held_until,
       block_reason = case t.status when 'RETIRED' then 'retired by a plan change' else t.block_reason end
  from seat_states t where t.tenant_id = s.tenant_id and t.plan_id = s.plan_id and t.seat_id = s.id;
alter table seats force row level security;
drop trigger seats_deleted on seats;
drop trigger seats_retired on seats;
drop table seat_states;
drop function forget_seat_states();
drop function refuse_while_sold();
drop function refuse_unless_retired()
"""
CHECKS = {
    "seats_status": "status in ('AVAILABLE', 'HELD', 'RESERVED', 'SOLD', 'BLOCKED')",
    "seats_reservation": "(reservation_id is not null) = (status in ('HELD', 'RESERVED', 'SOLD'))",
    "seats_held_until": "held_until is not null or status not in ('HELD', 'RESERVED')",
    "seats_no_end": "held_until is null or status not in ('AVAILABLE', 'SOLD')",
    "seats_block_reason": "(block_reason is not null) = (status = 'BLOCKED')",
    "seats_retired": "retired_at is null or status = 'BLOCKED'",
}
SOLD_STAY = """
create trigger seats_sold_stay after update of status, reservation_id on seats for each row
when (old.status = 'SOLD' and new.status <> 'AVAILABLE'
      and (new.status, new.reservation_id) is distinct from (old.status, old.reservation_id))
execute function refuse_change()
"""


def upgrade() -> None:
    for statement in STATES.format(relay=ROLES.relay).split(";\n"):
        op.execute(statement)
    for statement in tenant_table("seat_states", ROLES, grant="select, insert, delete"):
        op.execute(statement)
    op.execute(f"grant update ({CHANGED}) on seat_states to {ROLES.app}")
    for statement in relay_finds("seat_states", ROLES, columns=SEEN):
        op.execute(statement)
    for statement in (REFUSE_WHILE_SOLD, REFUSE_UNLESS_RETIRED, FORGET, *TRIGGERS.split(";\n")):
        op.execute(statement)
    for function in ("refuse_while_sold", "refuse_unless_retired", "forget_seat_states"):
        op.execute(f"revoke execute on function {function}() from public")


def downgrade() -> None:
    for statement in BACK.split(";\n"):
        op.execute(statement)
    for name, condition in CHECKS.items():
        op.create_check_constraint(name, "seats", condition)
    op.execute(SOLD_STAY)
    op.execute(f"grant update ({CHANGED}) on seats to {ROLES.app}")
    op.execute(f"revoke select (plan_id) on seats from {ROLES.relay}")
    op.execute(f"grant select (status, reservation_id) on seats to {ROLES.relay}")

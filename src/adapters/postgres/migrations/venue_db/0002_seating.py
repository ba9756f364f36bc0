"""Seating plans, sections, seats, price tiers, and the ledger of reservations with its hold function.

No foreign key ties the items to reservations and seats. The ledger's functions are their only writer, rows are never
deleted, and a key to each was measured to halve the rate of holds: every item would lock two more rows. Exclusivity
does not rest on keys either: a seat is one row with one state, and `seat_reservation_items_one_live` allows one live
item a seat, whatever a writer does.
"""

from alembic import op

from adapters.postgres.security import Roles, relay_finds, tenant_table

revision = "venue_0002"
down_revision = "venue_0001"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")
TABLES = ("seating_plans", "price_tiers", "sections", "seats", "seat_reservations", "seat_reservation_items")

PLANS = """
create table seating_plans (
    tenant_id uuid not null, id uuid not null, venue_id uuid not null, ticket_id uuid not null,
    name text not null, status text not null, assignment_mode text not null, pricing_mode text not null,
    orphan_rule text not null, seats_max_per_order integer not null, max_per_user integer not null,
    price_minor bigint not null, currency char(3) not null, hold_ttl_s integer not null,
    sections_count integer not null, seats_count integer not null, seats_without_tier integer not null,
    categories jsonb not null, layout jsonb not null, warnings jsonb not null,
    version integer not null, created_at timestamptz not null, updated_at timestamptz not null,
    constraint seating_plans_pkey primary key (tenant_id, id),
    constraint seating_plans_status check (status in ('draft', 'active', 'inactive')),
    constraint seating_plans_price check (price_minor >= 0)
);
create unique index seating_plans_one_active on seating_plans (tenant_id, ticket_id) where status = 'active';
create table price_tiers (
    tenant_id uuid not null, id uuid not null, plan_id uuid not null, name text not null,
    price_minor bigint not null, currency char(3) not null, position integer not null,
    constraint price_tiers_pkey primary key (tenant_id, id),
    constraint price_tiers_name unique (tenant_id, plan_id, name),
    constraint price_tiers_price check (price_minor >= 0)
);
create table sections (
    tenant_id uuid not null, id uuid not null, plan_id uuid not null, name text not null,
    row_count integer not null, column_count integer not null, display_order integer not null, price_tier_id uuid,
    constraint sections_pkey primary key (tenant_id, id)
);
create index sections_of_plan on sections (tenant_id, plan_id, display_order);
"""

# fillfactor 90 leaves room on each page, and no index holds a column that a hold changes, so that updates stay on
# their page (HOT).
SEATS = """
create table seats (
    tenant_id uuid not null, plan_id uuid not null, id uuid not null, section_id uuid not null, price_tier_id uuid,
    guid text not null, seat_label text not null, row_label text not null, seat_number text not null,
    column_number integer not null, category text, x double precision not null, y double precision not null,
    attributes jsonb not null, price_minor bigint not null,
    status text not null default 'AVAILABLE', reservation_id uuid, held_until timestamptz, block_reason text,
    constraint seats_pkey primary key (tenant_id, id),
    constraint seats_guid unique (tenant_id, plan_id, guid),
    constraint seats_status check (status in ('AVAILABLE', 'HELD', 'RESERVED', 'SOLD', 'BLOCKED')),
    constraint seats_reservation check ((reservation_id is not null) = (status in ('HELD', 'RESERVED', 'SOLD'))),
    constraint seats_held_until check (held_until is not null or status not in ('HELD', 'RESERVED'))
) with (fillfactor = 90);
"""

LEDGER = """
create table seat_reservations (
    tenant_id uuid not null, id uuid not null, plan_id uuid not null, ticket_id uuid not null, order_id uuid,
    account_id uuid not null, token_sha256 bytea not null, status text not null, seats_count integer not null,
    currency char(3) not null, hold_ttl_s integer not null, held_at timestamptz not null,
    ceiling_at timestamptz not null, expires_at timestamptz not null, sold_at timestamptz,
    constraint seat_reservations_pkey primary key (tenant_id, id),
    constraint seat_reservations_status check (status in ('HELD', 'RESERVED', 'SOLD', 'RELEASED', 'EXPIRED')),
    constraint seat_reservations_order check (order_id is not null or status not in ('RESERVED', 'SOLD'))
);
create index seat_reservations_of_account on seat_reservations (tenant_id, plan_id, account_id);
create index seat_reservations_due on seat_reservations (tenant_id, expires_at) where status in ('HELD', 'RESERVED');
create table seat_reservation_items (
    tenant_id uuid not null, reservation_id uuid not null, seat_id uuid not null, section_id uuid not null,
    seat_label text not null, price_minor bigint not null, live boolean not null,
    constraint seat_reservation_items_pkey primary key (tenant_id, reservation_id, seat_id)
);
create unique index seat_reservation_items_one_live on seat_reservation_items (tenant_id, seat_id) where live;
"""

# The SQL form of core.seating.ledger.hold: one round trip, with the caller's rights, so that row-level security binds
# it. It answers with an outcome and the facts; the adapter makes the refusal. The look without locks turns the crowd
# after a taken seat away without a wait; what it found is looked at again under the locks, which are taken in the order
# of seat ids. Seats are looked up one by one by their key (the limits keep the planner from joining): on a fresh plan,
# before statistics, PostgreSQL would rather read all seats of the tenant than look up four. The plan of the function's
# statements is made once (force_generic_plan): making it anew costs a third of a hold.
HOLD = """
create function hold_seats(
    p_tenant uuid, p_plan uuid, p_reservation uuid, p_account uuid, p_token bytea, p_seats uuid[], p_now timestamptz,
    out outcome text, out owned bigint, out seats_max integer, out max_per_user integer,
    out ticket_id uuid, out currency text, out hold_ttl_s integer,
    out seat_ids uuid[], out section_ids uuid[], out labels text[], out sections text[], out row_labels text[],
    out numbers text[], out columns integer[], out prices bigint[], out taken boolean[]
) language plpgsql security invoker set plan_cache_mode = force_generic_plan as $$
declare
    v_plan seating_plans;
    v_until timestamptz;
    v_wanted integer := cardinality(p_seats);
    v_taken_over boolean;
    v_seat uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_plan::text || p_account::text, 0));
    select * into v_plan from seating_plans p where p.tenant_id = p_tenant and p.id = p_plan;
    if not found then
        outcome := 'no_plan'; return;
    end if;
    perform from seat_reservations r where r.tenant_id = p_tenant and r.id = p_reservation;
    if found then
        outcome := 'known'; return;
    end if;
    ticket_id := v_plan.ticket_id;
    currency := v_plan.currency;
    hold_ttl_s := v_plan.hold_ttl_s;
    seats_max := v_plan.seats_max_per_order;
    max_per_user := v_plan.max_per_user;
    if v_plan.status <> 'active' then
        outcome := 'not_active'; return;
    end if;
    if v_wanted > seats_max then
        outcome := 'too_many'; return;
    end if;

    select array_agg(s.id order by s.id), array_agg(s.section_id order by s.id),
           array_agg(s.seat_label order by s.id), array_agg(c.name order by s.id),
           array_agg(s.row_label order by s.id), array_agg(s.seat_number order by s.id),
           array_agg(s.column_number order by s.id), array_agg(s.price_minor order by s.id),
           array_agg(not (s.status = 'AVAILABLE' or (s.status <> 'SOLD' and coalesce(s.held_until <= p_now, false)))
                     order by s.id)
      into seat_ids, section_ids, labels, sections, row_labels, numbers, columns, prices, taken
      from unnest(p_seats) as w (id)
     cross join lateral (select * from seats f where f.tenant_id = p_tenant and f.id = w.id limit 1) s
     cross join lateral (select * from sections f where f.tenant_id = p_tenant and f.id = s.section_id limit 1) c
     where s.plan_id = p_plan;
    if coalesce(cardinality(seat_ids), 0) < v_wanted then
        outcome := 'unknown'; return;
    end if;
    select coalesce(sum(r.seats_count), 0) into owned from seat_reservations r
     where r.tenant_id = p_tenant and r.plan_id = p_plan and r.account_id = p_account
       and (r.status = 'SOLD' or (r.status in ('HELD', 'RESERVED') and r.expires_at > p_now));
    if owned + v_wanted > max_per_user then
        outcome := 'over_limit'; return;
    end if;
    if true = any(taken) then
        outcome := 'taken'; return;
    end if;

    select array_agg(not (l.status = 'AVAILABLE' or (l.status <> 'SOLD' and coalesce(l.held_until <= p_now, false)))
                     order by l.id),
           bool_or(l.reservation_id is not null), array_agg(l.price_minor order by l.id)
      into taken, v_taken_over, prices
      from (select w.id from unnest(p_seats) as w (id) order by w.id) o
     cross join lateral (select s.id, s.status, s.held_until, s.reservation_id, s.price_minor from seats s
                          where s.tenant_id = p_tenant and s.id = o.id limit 1 for no key update) l;
    if true = any(taken) then
        outcome := 'taken'; return;
    end if;

    v_until := p_now + make_interval(secs => hold_ttl_s);
    insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status, seats_count,
                                   currency, hold_ttl_s, held_at, ceiling_at, expires_at)
    values (p_tenant, p_reservation, p_plan, v_plan.ticket_id, p_account, p_token, 'HELD', v_wanted,
            v_plan.currency, hold_ttl_s, p_now, p_now + make_interval(secs => 3 * hold_ttl_s), v_until)
    on conflict do nothing;
    if not found then  -- another buyer used this id a moment ago
        outcome := 'known'; return;
    end if;
    foreach v_seat in array seat_ids loop
        update seats s set status = 'HELD', reservation_id = p_reservation, held_until = v_until, block_reason = null
         where s.tenant_id = p_tenant and s.id = v_seat;
    end loop;
    if v_taken_over then
        update seat_reservation_items i set live = false
         where i.tenant_id = p_tenant and i.seat_id = any(p_seats) and i.live;
    end if;
    insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor, live)
    select p_tenant, p_reservation, w.seat_id, w.section_id, w.label, w.price, true
      from unnest(seat_ids, section_ids, labels, prices) as w (seat_id, section_id, label, price);
    outcome := 'held';
end
$$;
"""
HOLD_SIGNATURE = "hold_seats(uuid, uuid, uuid, uuid, bytea, uuid[], timestamptz)"


def upgrade() -> None:
    for script in (PLANS, SEATS, LEDGER):
        for statement in filter(str.strip, script.split(";\n")):
            op.execute(statement)
    for table in TABLES:
        for statement in tenant_table(table, ROLES):
            op.execute(statement)
    for statement in relay_finds("seat_reservations", ROLES, columns=("tenant_id", "id", "status", "expires_at")):
        op.execute(statement)
    op.execute(HOLD)
    op.execute(f"revoke execute on function {HOLD_SIGNATURE} from public")
    op.execute(f"grant execute on function {HOLD_SIGNATURE} to {ROLES.app}")


def downgrade() -> None:
    op.execute(f"drop function {HOLD_SIGNATURE}")
    for table in reversed(TABLES):
        op.drop_table(table)

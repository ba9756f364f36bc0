"""An item of the ledger says whether its seat was sold, and PostgreSQL allows one sold item a seat.

It said whether it lives, and there was one live item a seat: held, reserved or sold. The row of the seat says that as
well, and one row names one reservation. So a hold wrote four entries of an index that nobody asked, and most of them
were taken out again when the hold ended (docs/adr/0016).
"""

from types import ModuleType

from alembic import op

revision = "venue_0027"
down_revision = "venue_0026"
branch_labels = None
depends_on = None

# As it was (venue_0006 says what the arguments are and what may be in one batch), but for three things. No item is told
# that its hold ended, since none says that it lives. What is plainly granted takes fewer statements. And seats are not
# locked by a pass of their own before they are updated: the update itself finds them one after the other, in the order
# of their ids, as every command does. That order is sure because a few elements of an array, cut off by a limit that is
# not known when the plan is made, count as one row: the planner would lose by beginning with the seats, whatever it
# knows of them. Of a subquery on a table this is not so: of a small hall it begins with the seats.
#
# A reservation id that is there already is an error of its key, which is dealt with as a seat that was taken.
HOLD_BATCH = """
create or replace function hold_batch(
    p_tenant uuid, p_event_type text, p_look boolean, p_keys bigint[],
    p_plans uuid[], p_versions integer[], p_tickets uuid[], p_currencies text[], p_ttls_s integer[],
    p_maxima integer[], p_event_ids uuid[], p_ceiling_ttls integer,
    p_on integer[], p_reservations uuid[], p_accounts uuid[], p_makers uuid[], p_tokens bytea[], p_counts integer[],
    p_nows timestamptz[], p_news text[],
    p_for integer[], p_seats uuid[], p_prices bigint[]
) returns setof hold_verdict language plpgsql security invoker
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    v_current boolean[];
    v_known boolean[];
    v_outcomes text[];
    v_owned bigint[];
    v_untils timestamptz[];
    v_taken boolean[];
    v_held boolean[];
    v_wanted_twice uuid[];
    v_given uuid[] := '{}';
    v_looked boolean := p_look;
    v_first integer := 1;
    v_last integer;
    v_count integer;
    v_wanted integer := cardinality(p_seats);
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    perform pg_advisory_xact_lock(k.key) from unnest(p_keys) as k (key);

    select array_agg(exists (select from seating_plans f
                              where f.tenant_id = p_tenant and f.id = p.id and f.version = p.version
                                and f.status = 'active') order by p.place)
      into v_current from unnest(p_plans, p_versions) with ordinality as p (id, version, place);
    select array_agg(o.owned order by c.place),
           array_agg(case when not v_current[c.plan] then 'changed'
                          when o.owned + c.wanted > p_maxima[c.plan] then 'over_limit'
                          else 'held' end order by c.place),
           array_agg(c.moment + make_interval(secs => p_ttls_s[c.plan]) order by c.place)
      into v_owned, v_outcomes, v_untils
      from unnest(p_on, p_accounts, p_counts, p_nows) with ordinality as c (plan, account, wanted, moment, place)
     cross join lateral (
        select coalesce(sum(r.seats_count), 0) as owned from seat_reservations r
         where r.tenant_id = p_tenant and r.plan_id = p_plans[c.plan] and r.account_id = c.account
           and (r.status = 'SOLD' or (r.status in ('HELD', 'RESERVED') and r.expires_at > c.moment))
     ) o;
    v_looked := v_looked or 'held' <> any(v_outcomes);

    loop
        if v_looked then
            select array_agg(exists (select from seat_reservations f where f.tenant_id = p_tenant and f.id = c.id)
                             order by c.place)
              into v_known from unnest(p_reservations) with ordinality as c (id, place);
            select array_agg(coalesce(not (h.status = 'AVAILABLE' or (h.status <> 'SOLD' and coalesce(
                                 h.held_until <= p_nows[w.claim], false))), true) order by w.place)
              into v_taken
              from unnest(p_seats, p_for) with ordinality as w (id, claim, place)
              left join lateral (select f.status, f.held_until from seats f
                                  where f.tenant_id = p_tenant and f.id = w.id limit 1) h on true;
            select coalesce(array_agg(t.id), '{}') into v_wanted_twice
              from (select w.id from unnest(p_seats) as w (id) group by w.id having count(*) > 1) t;
            -- Claims that want the same seats are decided in their order.
            for v_place in 1 .. cardinality(v_outcomes) loop
                v_last := v_first + p_counts[v_place] - 1;
                if p_seats[v_first:v_last] && v_given then
                    v_taken[v_first:v_last] := array(
                        select w.taken or w.id = any(v_given)
                          from unnest(v_taken[v_first:v_last], p_seats[v_first:v_last]) with ordinality
                            as w (taken, id, at) order by w.at);
                end if;
                if v_outcomes[v_place] <> 'changed' and v_known[v_place] then
                    v_outcomes[v_place] := 'known';
                elsif v_outcomes[v_place] = 'held' then
                    if true = any(v_taken[v_first:v_last]) then
                        v_outcomes[v_place] := 'taken';
                    elsif p_seats[v_first:v_last] && v_wanted_twice then
                        v_given := v_given || p_seats[v_first:v_last];
                    end if;
                end if;
                v_first := v_last + 1;
            end loop;
        end if;
        if v_looked then
            select array_agg(o.outcome = 'held' order by o.place),
                   coalesce(sum(p_counts[o.place]) filter (where o.outcome = 'held'), 0)
              into v_held, v_wanted from unnest(v_outcomes) with ordinality as o (outcome, place);
            exit when v_wanted = 0;
        else
            v_held := array_fill(true, array[cardinality(v_outcomes)]);
        end if;

        begin
            with taken as (
                update seats s set status = 'HELD', reservation_id = n.reservation, held_until = n.until,
                                   block_reason = null
                  from (select w.id, w.price, p_reservations[w.claim] as reservation, v_untils[w.claim] as until,
                               p_nows[w.claim] as moment
                          from unnest(p_seats, p_for, p_prices) as w (id, claim, price)
                         where v_held[w.claim] order by w.id limit v_wanted) n
                 where s.tenant_id = p_tenant and s.id = n.id
                   and (s.status = 'AVAILABLE' or (v_looked and s.status <> 'SOLD' and s.held_until <= n.moment))
                returning s.id, s.section_id, s.seat_label, s.reservation_id, n.price
            )
            insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor)
            select p_tenant, t.reservation_id, t.id, t.section_id, t.seat_label, t.price from taken t;
            get diagnostics v_count = row_count;
            if v_count <> v_wanted then
                raise exception 'a seat was taken' using errcode = 'FS001';
            end if;
            insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status,
                                           seats_count, currency, hold_ttl_s, held_at, ceiling_at, expires_at)
            select p_tenant, c.id, p_plans[c.plan], p_tickets[c.plan], c.account, c.token, 'HELD', c.wanted,
                   p_currencies[c.plan], p_ttls_s[c.plan], c.moment,
                   c.moment + make_interval(secs => p_ceiling_ttls * p_ttls_s[c.plan]), c.until
              from unnest(p_reservations, p_on, p_accounts, p_tokens, p_counts, p_nows, v_untils, v_held)
                as c (id, plan, account, token, wanted, moment, until, held)
             where c.held order by c.id;
            if cardinality(array_remove(p_makers, null)) > 0 then
                insert into seat_audit (tenant_id, seat_id, plan_id, deed, account_id, at)
                select p_tenant, w.id, p_plans[p_on[w.claim]], 'held_for', p_makers[w.claim], p_nows[w.claim]
                  from unnest(p_seats, p_for) with ordinality as w (id, claim, place)
                 where v_held[w.claim] and p_makers[w.claim] is not null order by w.place;
            end if;
            insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at)
            select p_event_ids[n.plan], p_tenant, p_plans[n.plan], p_event_type,
                   ('{"planId":"' || p_plans[n.plan] || '","holds":[' || n.holds || ']}')::json, n.moment
              from (select c.plan, string_agg(c.news, ',' order by c.place) as holds, min(c.moment) as moment
                      from unnest(p_on, p_news, p_nows, v_held) with ordinality
                        as c (plan, news, moment, held, place)
                     where c.held group by c.plan) n
             order by n.plan;
            exit;
        exception when sqlstate 'FS001' or unique_violation then
            if v_looked then
                raise exception 'another transaction came between' using errcode = 'serialization_failure';
            end if;
            v_looked := true;
        end;
    end loop;

    v_first := 1;
    for v_place in 1 .. cardinality(v_outcomes) loop
        if not v_held[v_place] then
            return next row(v_place, v_outcomes[v_place], v_owned[v_place],
                            v_taken[v_first:v_first + p_counts[v_place] - 1])::hold_verdict;
        end if;
        v_first := v_first + p_counts[v_place];
    end loop;
end
$$;
"""
# As it was (venue_0022), but that items stay as they are, and that seats are found and updated at once, in the order of
# their ids for the same reason: an array, and a limit, here of none.
EXPIRE = """
create or replace function expire_batch(
    p_tenant uuid, p_ids uuid[], p_now timestamptz,
    out ended uuid[], out plans uuid[], out freed uuid[], out owners uuid[]
) language plpgsql security invoker
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    v_at tid[];
    v_seats uuid[];
    v_owners uuid[];
    v_all bigint := null;
begin
    select array_agg(l.at), array_agg(l.id), array_agg(l.plan_id) into v_at, ended, plans
      from (select w.id from unnest(p_ids) as w (id) order by w.id) n
     cross join lateral (select r.ctid as at, r.id, r.plan_id from seat_reservations r
                          where r.tenant_id = p_tenant and r.id = n.id and r.status in ('HELD', 'RESERVED')
                            and r.expires_at <= p_now limit 1 for no key update skip locked) l;
    update seat_reservations r set status = 'EXPIRED' where r.ctid = any(v_at) and r.tenant_id = p_tenant;

    select array_agg(i.seat_id), array_agg(i.reservation_id) into v_seats, v_owners
      from seat_reservation_items i where i.tenant_id = p_tenant and i.reservation_id = any(ended);
    with gone as (
        update seats s set status = 'AVAILABLE', held_until = null, block_reason = null, reservation_id = null
          from (select w.seat_id, w.reservation_id from unnest(v_seats, v_owners) as w (seat_id, reservation_id)
                 order by w.seat_id limit v_all) n
         where s.tenant_id = p_tenant and s.id = n.seat_id and s.reservation_id = n.reservation_id
        returning n.seat_id, n.reservation_id
    )
    select array_agg(g.seat_id), array_agg(g.reservation_id) into freed, owners from gone g;
end
$$;
"""
# The one who migrates owns the tables, and row-level security is forced upon owners too.
SOLD = """
drop index seat_reservation_items_one_live;
alter table seat_reservation_items rename column live to sold;
alter table seat_reservation_items alter column sold set default false;
alter table seat_reservation_items no force row level security;
alter table seat_reservations no force row level security;
update seat_reservation_items i set sold = false
  from seat_reservations r
 where i.sold and r.tenant_id = i.tenant_id and r.id = i.reservation_id and r.status <> 'SOLD';
alter table seat_reservations force row level security;
alter table seat_reservation_items force row level security;
create unique index seat_reservation_items_one_sale on seat_reservation_items (tenant_id, seat_id) where sold
"""
LIVE = """
drop index seat_reservation_items_one_sale;
alter table seat_reservation_items no force row level security;
alter table seats no force row level security;
update seat_reservation_items i set sold = true
  from seats s
 where not i.sold and s.tenant_id = i.tenant_id and s.id = i.seat_id and s.reservation_id = i.reservation_id;
alter table seats force row level security;
alter table seat_reservation_items force row level security;
alter table seat_reservation_items alter column sold drop default;
alter table seat_reservation_items rename column sold to live;
create unique index seat_reservation_items_one_live on seat_reservation_items (tenant_id, seat_id) where live
"""


def upgrade() -> None:
    for statement in SOLD.split(";\n"):
        op.execute(statement)
    op.execute(HOLD_BATCH)
    op.execute(EXPIRE)


def downgrade() -> None:
    for statement in LIVE.split(";\n"):
        op.execute(statement)
    op.execute(_replacing(_earlier("venue_0006").HOLD_BATCH))
    op.execute(_replacing(_earlier("venue_0022").EXPIRE))


def _replacing(function: str) -> str:
    return function.replace("create function", "create or replace function", 1)


def _earlier(revision: str) -> ModuleType:
    """Return the migration that made what this one takes the place of."""
    script = op.get_context().script
    found = script.get_revision(revision) if script is not None else None
    if found is None:
        raise LookupError(f"there is no migration {revision}")
    return found.module

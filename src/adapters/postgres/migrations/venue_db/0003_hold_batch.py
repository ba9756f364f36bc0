"""The hold of many requests at once: one round trip, one transaction, one commit."""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0003"
down_revision = "venue_0002"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# What hold_seats answers, with the request's place in the batch, from 1.
ANSWER = """
create type hold_answer as (
    place integer, outcome text, owned bigint, seats_max integer, max_per_user integer,
    ticket_id uuid, currency text, hold_ttl_s integer,
    seat_ids uuid[], section_ids uuid[], labels text[], sections text[], row_labels text[],
    numbers text[], columns integer[], prices bigint[], taken boolean[]
)
"""

# hold_seats for many requests of one tenant, which may be about several plans. Each is answered as if hold_seats were
# called for one after the other; one that is refused leaves nothing behind and does not disturb the rest. No two may be
# of the same account on the same plan, or under the same reservation id: the caller sends those one after the other.
#
# The tenant is set here, so that the call needs no transaction around it. Locks are taken in the order of hold_seats:
# accounts (in the order of their keys), then seats by id, and then rows are inserted by reservation id, so that neither
# two batches nor a batch and any other command wait for each other in a circle. Only seats that the look without locks
# found free are locked.
#
# When another transaction used one of the reservation ids a moment ago, everything is undone with a serialization
# failure, and the batch can be sent again. Rows are found by nested loops over keys, whatever the statistics say.
HOLD_BATCH = """
create function hold_batch(
    p_tenant uuid, p_plans uuid[], p_reservations uuid[], p_accounts uuid[], p_tokens bytea[], p_nows timestamptz[],
    p_firsts integer[], p_lasts integer[], p_seats uuid[], p_event_ids uuid[], p_event_type text
) returns setof hold_answer language plpgsql security invoker
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    v_answers hold_answer[];
    v_answer hold_answer;
    v_locked record;
    v_wanted_twice uuid[];
    v_given uuid[] := '{}';
    v_taken_over uuid[] := '{}';
    v_held integer := 0;
    v_count integer;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    perform pg_advisory_xact_lock(k.key)
       from (select distinct hashtextextended(w.plan::text || w.account::text, 0) as key
               from unnest(p_plans, p_accounts) as w (plan, account) order by key) k;
    get diagnostics v_count = row_count;
    if v_count <> cardinality(p_plans) then
        raise exception 'two requests of one account on one plan in a batch' using errcode = 'serialization_failure';
    end if;

    select array_agg(row(
               w.place,
               case when p.id is null then 'no_plan'
                    when k.known then 'known'
                    when p.status <> 'active' then 'not_active'
                    when w.wanted > p.seats_max_per_order then 'too_many'
                    when coalesce(cardinality(s.seat_ids), 0) < w.wanted then 'unknown'
                    when o.owned + w.wanted > p.max_per_user then 'over_limit'
                    when true = any(s.taken) then 'taken'
                    else 'free' end,
               o.owned, p.seats_max_per_order, p.max_per_user, p.ticket_id, p.currency, p.hold_ttl_s,
               s.seat_ids, s.section_ids, s.labels, s.sections, s.row_labels, s.numbers, s.columns, s.prices, s.taken
           )::hold_answer order by w.place)
      into v_answers
      from (select u.*, u.seats_last - u.seats_first + 1 as wanted
              from unnest(p_plans, p_reservations, p_accounts, p_nows, p_firsts, p_lasts) with ordinality
                as u (plan, reservation, account, moment, seats_first, seats_last, place)) w
      left join lateral (select * from seating_plans f where f.tenant_id = p_tenant and f.id = w.plan limit 1) p on true
     cross join lateral (select exists (select from seat_reservations f
                                         where f.tenant_id = p_tenant and f.id = w.reservation) as known) k
     cross join lateral (
        select coalesce(sum(r.seats_count), 0) as owned from seat_reservations r
         where r.tenant_id = p_tenant and r.plan_id = w.plan and r.account_id = w.account
           and (r.status = 'SOLD' or (r.status in ('HELD', 'RESERVED') and r.expires_at > w.moment))
     ) o
     cross join lateral (
        select array_agg(h.id order by h.id) as seat_ids, array_agg(h.section_id order by h.id) as section_ids,
               array_agg(h.seat_label order by h.id) as labels, array_agg(c.name order by h.id) as sections,
               array_agg(h.row_label order by h.id) as row_labels, array_agg(h.seat_number order by h.id) as numbers,
               array_agg(h.column_number order by h.id) as columns, array_agg(h.price_minor order by h.id) as prices,
               array_agg(not (h.status = 'AVAILABLE'
                              or (h.status <> 'SOLD' and coalesce(h.held_until <= w.moment, false))) order by h.id)
                   as taken
          from unnest(p_seats[w.seats_first:w.seats_last]) as a (id)
         cross join lateral (select * from seats f where f.tenant_id = p_tenant and f.id = a.id limit 1) h
         cross join lateral (select * from sections f
                              where f.tenant_id = p_tenant and f.id = h.section_id limit 1) c
         where h.plan_id = w.plan
     ) s;

    for v_locked in
        select q.place, array_agg(q.taken order by q.id) as taken, array_agg(q.price_minor order by q.id) as prices,
               array_agg(q.id) filter (where q.reservation_id is not null) as taken_over
          from (select o.place, o.id, l.price_minor, l.reservation_id,
                       not (l.status = 'AVAILABLE'
                            or (l.status <> 'SOLD' and coalesce(l.held_until <= o.moment, false))) as taken
                  from (select a.place, w.id, p_nows[a.place] as moment
                          from unnest(v_answers) a cross join lateral unnest(a.seat_ids) as w (id)
                         where a.outcome = 'free' order by w.id, a.place) o
                 cross join lateral (select f.status, f.held_until, f.reservation_id, f.price_minor from seats f
                                      where f.tenant_id = p_tenant and f.id = o.id limit 1 for no key update) l) q
         group by q.place
    loop
        v_answers[v_locked.place].taken := v_locked.taken;
        v_answers[v_locked.place].prices := v_locked.prices;
        v_taken_over := v_taken_over || v_locked.taken_over;
    end loop;

    -- Requests that want the same seats are decided in their order; seats that only one of them wants need no look.
    select coalesce(array_agg(t.id), '{}') into v_wanted_twice
      from (select w.id from unnest(p_seats) as w (id) group by w.id having count(*) > 1) t;
    for v_place in 1 .. cardinality(v_answers) loop
        v_answer := v_answers[v_place];
        if v_answer.outcome in ('free', 'taken') then
            if v_answer.seat_ids && v_given then
                v_answer.taken := array(select w.taken or w.id = any(v_given)
                                          from unnest(v_answer.seat_ids, v_answer.taken) with ordinality
                                            as w (id, taken, at) order by w.at);
            end if;
            if true = any(v_answer.taken) then
                v_answer.outcome := 'taken';
            else
                v_answer.outcome := 'held';
                v_held := v_held + 1;
                if v_answer.seat_ids && v_wanted_twice then
                    v_given := v_given || v_answer.seat_ids;
                end if;
            end if;
            v_answers[v_place] := v_answer;
        end if;
        return next v_answer;
    end loop;
    if v_held = 0 then
        return;
    end if;

    insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status, seats_count,
                                   currency, hold_ttl_s, held_at, ceiling_at, expires_at)
    select p_tenant, p_reservations[a.place], p_plans[a.place], a.ticket_id, p_accounts[a.place], p_tokens[a.place],
           'HELD', cardinality(a.seat_ids), a.currency, a.hold_ttl_s, p_nows[a.place],
           p_nows[a.place] + make_interval(secs => 3 * a.hold_ttl_s),
           p_nows[a.place] + make_interval(secs => a.hold_ttl_s)
      from unnest(v_answers) a where a.outcome = 'held' order by p_reservations[a.place]
    on conflict do nothing;
    get diagnostics v_count = row_count;
    if v_count <> v_held then
        raise exception 'a reservation id was used a moment ago' using errcode = 'serialization_failure';
    end if;
    update seats s set status = 'HELD', reservation_id = n.reservation, held_until = n.until, block_reason = null
      from (select w.id, p_reservations[a.place] as reservation,
                   p_nows[a.place] + make_interval(secs => a.hold_ttl_s) as until
              from unnest(v_answers) a cross join lateral unnest(a.seat_ids) as w (id) where a.outcome = 'held') n
     where s.tenant_id = p_tenant and s.id = n.id;
    if cardinality(v_taken_over) > 0 then
        update seat_reservation_items i set live = false
          from (select w.id from unnest(v_answers) a cross join lateral unnest(a.seat_ids) as w (id)
                 where a.outcome = 'held' and w.id = any(v_taken_over)) n
         where i.tenant_id = p_tenant and i.seat_id = n.id and i.live;
    end if;
    insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor, live)
    select p_tenant, p_reservations[a.place], w.seat_id, w.section_id, w.label, w.price, true
      from unnest(v_answers) a
     cross join lateral unnest(a.seat_ids, a.section_ids, a.labels, a.prices) as w (seat_id, section_id, label, price)
     where a.outcome = 'held';
    insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at)
    select p_event_ids[a.place], p_tenant, p_reservations[a.place], p_event_type,
           jsonb_build_object(
               'reservationId', p_reservations[a.place], 'planId', p_plans[a.place], 'seatIds', to_jsonb(a.seat_ids),
               'expiresAt', replace(to_char((p_nows[a.place] + make_interval(secs => a.hold_ttl_s)) at time zone 'UTC',
                                            'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')),
           p_nows[a.place]
      from unnest(v_answers) a where a.outcome = 'held' order by a.place;
end
$$;
"""
SIGNATURE = (
    "hold_batch(uuid, uuid[], uuid[], uuid[], bytea[], timestamptz[], integer[], integer[], uuid[], uuid[], text)"
)


def upgrade() -> None:
    op.execute(ANSWER)
    op.execute(HOLD_BATCH)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {ROLES.app}")


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
    op.execute("drop type hold_answer")

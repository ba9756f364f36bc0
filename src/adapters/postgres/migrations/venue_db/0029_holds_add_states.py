"""A hold adds rows to `seat_states`, and what ends it takes them away: nothing is looked for and nothing rewritten."""

from types import ModuleType

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0029"
down_revision = "venue_0028"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# As it was (venue_0006 says what the arguments are and what may be in one batch), but that seats are taken by adding
# rows. Where one is there already, somebody has the seat, or an ended hold has left it: the look tells, and then the
# row is taken over. A batch that is sent without a look fails as a whole when somebody has one of its seats, or its
# reservation id is known: `unique_violation` then asks for the look. Rows are added in the order of seat ids, as every
# command locks them.
#
# One loop goes through the claims in their order, so what is gathered from it needs no order of its own.
#
# `p_labels` has what each seat is called. Its section is that of its claim's first seat (`p_sections`), unless
# `p_elsewhere` names another.
HOLD_BATCH = """
create function hold_batch(
    p_tenant uuid, p_event_type text, p_look boolean, p_keys bigint[],
    p_plans uuid[], p_versions integer[], p_tickets uuid[], p_currencies text[], p_ttls_s integer[],
    p_maxima integer[], p_event_ids uuid[], p_ceiling_ttls integer,
    p_on integer[], p_reservations uuid[], p_accounts uuid[], p_makers uuid[], p_tokens bytea[], p_counts integer[],
    p_nows timestamptz[], p_news text[],
    p_for integer[], p_seats uuid[], p_prices bigint[], p_labels text[], p_sections uuid[], p_elsewhere uuid[]
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
    select array_agg(o.owned),
           array_agg(case when not v_current[c.plan] then 'changed'
                          when o.owned + c.wanted > p_maxima[c.plan] then 'over_limit'
                          else 'held' end),
           array_agg(c.moment + make_interval(secs => p_ttls_s[c.plan]))
      into v_owned, v_outcomes, v_untils
      from unnest(p_on, p_accounts, p_counts, p_nows) as c (plan, account, wanted, moment)
     cross join lateral (
        select coalesce(sum(r.seats_count), 0) as owned from seat_reservations r
         where r.tenant_id = p_tenant and r.plan_id = p_plans[c.plan] and r.account_id = c.account
           and (r.status = 'SOLD' or (r.status in ('HELD', 'RESERVED') and r.expires_at > c.moment))
     ) o;
    v_looked := v_looked or 'held' <> any(v_outcomes);

    if v_looked then
        select array_agg(exists (select from seat_reservations f where f.tenant_id = p_tenant and f.id = c.id)
                         order by c.place)
          into v_known from unnest(p_reservations) with ordinality as c (id, place);
        select array_agg(coalesce(not (h.status = 'AVAILABLE' or (h.status <> 'SOLD' and coalesce(
                             h.held_until <= p_nows[w.claim], false))), false) order by w.place)
          into v_taken
          from unnest(p_seats, p_for) with ordinality as w (id, claim, place)
          left join lateral (select f.status, f.held_until from seat_states f
                              where f.tenant_id = p_tenant and f.plan_id = p_plans[p_on[w.claim]]
                                and f.seat_id = w.id limit 1) h on true;
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
        select array_agg(o.outcome = 'held' order by o.place),
               coalesce(sum(p_counts[o.place]) filter (where o.outcome = 'held'), 0)
          into v_held, v_wanted from unnest(v_outcomes) with ordinality as o (outcome, place);
    else
        v_held := array_fill(true, array[cardinality(v_outcomes)]);
    end if;

    if v_wanted > 0 then
        if v_looked then
            insert into seat_states as s (tenant_id, plan_id, seat_id, status, reservation_id, held_until)
            select p_tenant, p_plans[p_on[w.claim]], w.id, 'HELD', p_reservations[w.claim], v_untils[w.claim]
              from unnest(p_seats, p_for) as w (id, claim) where v_held[w.claim] order by w.id
                on conflict (tenant_id, plan_id, seat_id) do update
               set status = 'HELD', reservation_id = excluded.reservation_id, held_until = excluded.held_until,
                   block_reason = null
             where s.status = 'AVAILABLE' or (s.status <> 'SOLD' and s.held_until <= (
                       select excluded.held_until - make_interval(secs => c.ttl_s)
                         from unnest(p_plans, p_ttls_s, v_current) as c (plan_id, ttl_s, current)
                        where c.plan_id = excluded.plan_id and c.current));
            get diagnostics v_count = row_count;
            if v_count <> v_wanted then
                raise exception 'another transaction came between' using errcode = 'serialization_failure';
            end if;
        else
            insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until)
            select p_tenant, p_plans[p_on[w.claim]], w.id, 'HELD', p_reservations[w.claim], v_untils[w.claim]
              from unnest(p_seats, p_for) as w (id, claim) order by w.id;
        end if;
        insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor)
        select p_tenant, p_reservations[w.claim], w.id, coalesce(w.elsewhere, p_sections[w.claim]), w.label, w.price
          from unnest(p_seats, p_for, p_prices, p_labels, p_elsewhere) as w (id, claim, price, label, elsewhere)
         where v_held[w.claim];
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
        if v_looked or cardinality(p_plans) > 1 then
            insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at)
            select p_event_ids[n.plan], p_tenant, p_plans[n.plan], p_event_type,
                   ('{"planId":"' || p_plans[n.plan] || '","holds":[' || n.holds || ']}')::json, n.moment
              from (select c.plan, string_agg(c.news, ',' order by c.place) as holds, min(c.moment) as moment
                      from unnest(p_on, p_news, p_nows, v_held) with ordinality
                        as c (plan, news, moment, held, place)
                     where c.held group by c.plan) n
             order by n.plan;
        else
            insert into outbox (id, tenant_id, aggregate_id, event_type, payload, created_at)
            values (p_event_ids[1], p_tenant, p_plans[1], p_event_type,
                    ('{"planId":"' || p_plans[1] || '","holds":[' || array_to_string(p_news, ',') || ']}')::json,
                    p_nows[1]);
        end if;
    end if;

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
SIGNATURE = """hold_batch(
    uuid, text, boolean, bigint[], uuid[], integer[], uuid[], text[], integer[], integer[], uuid[], integer, integer[],
    uuid[], uuid[], uuid[], bytea[], integer[], timestamptz[], text[], integer[], uuid[], bigint[], text[], uuid[],
    uuid[]
)"""
# As it was (venue_0022), but that seats become available by taking rows away, in the order of their ids.
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
    v_plans uuid[];
    v_all bigint := null;
begin
    select array_agg(l.at), array_agg(l.id), array_agg(l.plan_id) into v_at, ended, plans
      from (select w.id from unnest(p_ids) as w (id) order by w.id) n
     cross join lateral (select r.ctid as at, r.id, r.plan_id from seat_reservations r
                          where r.tenant_id = p_tenant and r.id = n.id and r.status in ('HELD', 'RESERVED')
                            and r.expires_at <= p_now limit 1 for no key update skip locked) l;
    update seat_reservations r set status = 'EXPIRED' where r.ctid = any(v_at) and r.tenant_id = p_tenant;

    select array_agg(i.seat_id), array_agg(i.reservation_id), array_agg(e.plan_id) into v_seats, v_owners, v_plans
      from unnest(ended, plans) as e (id, plan_id)
      join seat_reservation_items i on i.tenant_id = p_tenant and i.reservation_id = e.id;
    with gone as (
        delete from seat_states s
         using (select w.seat_id, w.reservation_id, w.plan_id
                  from unnest(v_seats, v_owners, v_plans) as w (seat_id, reservation_id, plan_id)
                 order by w.seat_id limit v_all) n
         where s.tenant_id = p_tenant and s.plan_id = n.plan_id and s.seat_id = n.seat_id
           and s.reservation_id = n.reservation_id
        returning n.seat_id, n.reservation_id
    )
    select array_agg(g.seat_id), array_agg(g.reservation_id) into freed, owners from gone g;
end
$$;
"""
# What goes with each status of a reservation, as one expression: PostgreSQL reads the text of each check anew for every
# statement that writes.
STATUS = """case status
    when 'HELD' then order_id is null and expires_at <= ceiling_at
    when 'RESERVED' then order_id is not null
    when 'SOLD' then order_id is not null and sold_at is not null
    when 'RELEASED' then true
    when 'EXPIRED' then true
    else false end"""
STATUSES = {
    "seat_reservations_status": "status in ('HELD', 'RESERVED', 'SOLD', 'RELEASED', 'EXPIRED')",
    "seat_reservations_order": "order_id is not null or status not in ('RESERVED', 'SOLD')",
    "seat_reservations_hold": "status <> 'HELD' or (order_id is null and expires_at <= ceiling_at)",
    "seat_reservations_sold": "sold_at is not null or status <> 'SOLD'",
}


def upgrade() -> None:
    for name in STATUSES:
        op.drop_constraint(name, "seat_reservations")
    op.create_check_constraint("seat_reservations_status", "seat_reservations", STATUS)
    op.execute(f"drop function {_earlier('venue_0006').SIGNATURE}")
    op.execute(HOLD_BATCH)
    _grant(SIGNATURE)
    op.execute(EXPIRE)


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
    op.execute(_earlier("venue_0027").HOLD_BATCH)
    _grant(_earlier("venue_0006").SIGNATURE)
    op.execute(_earlier("venue_0027").EXPIRE)
    op.drop_constraint("seat_reservations_status", "seat_reservations")
    for name, condition in STATUSES.items():
        op.create_check_constraint(name, "seat_reservations", condition)


def _grant(signature: str) -> None:
    op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function {signature} to {ROLES.app}")


def _earlier(revision: str) -> ModuleType:
    """Return the migration that made what this one takes the place of."""
    script = op.get_context().script
    found = script.get_revision(revision) if script is not None else None
    if found is None:
        raise LookupError(f"there is no migration {revision}")
    return found.module

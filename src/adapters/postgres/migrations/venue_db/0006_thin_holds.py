"""Holds by claims: what a plan says of a hold is decided before, and the database decides who has which seats.

Events of holds are written as text, many holds in one, so the outbox keeps its payload as text that is checked to be
JSON: taking it apart as jsonb cost a quarter of a hold.
"""

from types import ModuleType

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0006"
down_revision = "venue_0005"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# Only requests that are not granted have a verdict. `taken` tells of each of the request's seats whether it is taken.
VERDICT = "create type hold_verdict as (place integer, outcome text, owned bigint, taken boolean[])"

# Hold the seats of many claims of one tenant, which may be about several plans, each as if it were alone and they came
# one after the other. A claim that is refused leaves nothing behind and does not disturb the rest. The arrays come in
# three groups, each as long as there are plans, claims and seats; seats stand claim by claim, in the order of their
# ids. No two claims may be of one account on one plan, or under one reservation id: the caller sends those apart.
#
# What a plan says (prices, limits, times) comes with the claims; the plan's version vouches for it, and a claim by
# another version is answered with 'changed'. Most batches are granted whole, so all is written at once, and only when
# a seat was not plainly available, or a reservation id was there, it is undone to look at every seat. With p_look it
# looks first. After a look, a batch that still cannot be written has raced with another transaction, and raises a
# serialization failure: nothing was written, and it can be sent again.
#
# The tenant is set here, so that the call needs no transaction around it. Locks are taken in one order: accounts by
# p_keys, seats by id, then rows are inserted by reservation id, so that no two transactions wait for each other in a
# circle. Rows are found by nested loops over keys, whatever the statistics say: on a fresh plan, PostgreSQL would
# rather read all seats than look up four. Seats are locked before they are updated, one lookup after the other, since
# an update may find them in any order: of a small hall that was analysed, in the order that they lie on the disk.
HOLD_BATCH = """
create function hold_batch(
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
    v_ended uuid[] := '{}';
    v_wanted_twice uuid[];
    v_given uuid[] := '{}';
    v_looked boolean := p_look;
    v_first integer := 1;
    v_last integer;
    v_count integer;
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
                                 h.held_until <= p_nows[w.claim], false))), true) order by w.place),
                   coalesce(array_agg(w.id) filter (where h.reservation_id is not null), '{}')
              into v_taken, v_ended
              from unnest(p_seats, p_for) with ordinality as w (id, claim, place)
              left join lateral (select f.status, f.held_until, f.reservation_id from seats f
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
        v_held := array(select o.outcome = 'held' from unnest(v_outcomes) with ordinality as o (outcome, place)
                         order by o.place);
        exit when not true = any(v_held);

        begin
            perform from (select w.id from unnest(p_seats, p_for) as w (id, claim)
                           where v_held[w.claim] order by w.id) n
              cross join lateral (select f.id from seats f
                                   where f.tenant_id = p_tenant and f.id = n.id limit 1 for no key update) l;
            if cardinality(v_ended) > 0 then
                update seat_reservation_items i set live = false
                  from (select w.id from unnest(p_seats, p_for) as w (id, claim)
                         where v_held[w.claim] and w.id = any(v_ended)) n
                 where i.tenant_id = p_tenant and i.seat_id = n.id and i.live;
            end if;
            with taken as (
                update seats s set status = 'HELD', reservation_id = n.reservation, held_until = n.until,
                                   block_reason = null
                  from (select w.id, w.price, p_reservations[w.claim] as reservation, v_untils[w.claim] as until,
                               p_nows[w.claim] as moment
                          from unnest(p_seats, p_for, p_prices) as w (id, claim, price)
                         where v_held[w.claim] order by w.id) n
                 where s.tenant_id = p_tenant and s.id = n.id
                   and (s.status = 'AVAILABLE' or (v_looked and s.status <> 'SOLD' and s.held_until <= n.moment))
                returning s.id, s.section_id, s.seat_label, s.reservation_id, n.price
            )
            insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label,
                                                price_minor, live)
            select p_tenant, t.reservation_id, t.id, t.section_id, t.seat_label, t.price, true from taken t;
            get diagnostics v_count = row_count;
            if v_count <> (select sum(c.wanted) from unnest(p_counts, v_held) as c (wanted, held) where c.held) then
                raise exception 'a seat was taken' using errcode = 'FS001';
            end if;
            insert into seat_reservations (tenant_id, id, plan_id, ticket_id, account_id, token_sha256, status,
                                           seats_count, currency, hold_ttl_s, held_at, ceiling_at, expires_at)
            select p_tenant, c.id, p_plans[c.plan], p_tickets[c.plan], c.account, c.token, 'HELD', c.wanted,
                   p_currencies[c.plan], p_ttls_s[c.plan], c.moment,
                   c.moment + make_interval(secs => p_ceiling_ttls * p_ttls_s[c.plan]), c.until
              from unnest(p_reservations, p_on, p_accounts, p_tokens, p_counts, p_nows, v_untils, v_held)
                as c (id, plan, account, token, wanted, moment, until, held)
             where c.held order by c.id
            on conflict do nothing;
            get diagnostics v_count = row_count;
            if v_count <> cardinality(array_positions(v_held, true)) then
                raise exception 'a reservation id was used' using errcode = 'FS001';
            end if;
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
        exception when sqlstate 'FS001' then
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
SIGNATURE = (
    "hold_batch(uuid, text, boolean, bigint[], uuid[], integer[], uuid[], text[], integer[], integer[], uuid[],"
    " integer, integer[], uuid[], uuid[], uuid[], bytea[], integer[], timestamptz[], text[],"
    " integer[], uuid[], bigint[])"
)


def upgrade() -> None:
    op.execute(f"drop function {_earlier('venue_0003').SIGNATURE}")
    op.execute("drop type hold_answer")
    op.execute(f"drop function {_earlier('venue_0002').HOLD_SIGNATURE}")
    op.execute("alter table outbox alter column payload type json using payload::json")
    op.execute("alter table outbox alter column payload set storage external")
    op.execute(VERDICT)
    op.execute(HOLD_BATCH)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {ROLES.app}")


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
    op.execute("drop type hold_verdict")
    op.execute("alter table outbox alter column payload set storage extended")
    op.execute("alter table outbox alter column payload type jsonb using payload::jsonb")
    singles, batches = _earlier("venue_0002"), _earlier("venue_0003")
    op.execute(singles.HOLD)
    op.execute(f"revoke execute on function {singles.HOLD_SIGNATURE} from public")
    op.execute(f"grant execute on function {singles.HOLD_SIGNATURE} to {ROLES.app}")
    batches.upgrade()


def _earlier(revision: str) -> ModuleType:
    """Return the migration that made what this one takes the place of."""
    script = op.get_context().script
    found = script.get_revision(revision) if script is not None else None
    if found is None:
        raise LookupError(f"there is no migration {revision}")
    return found.module

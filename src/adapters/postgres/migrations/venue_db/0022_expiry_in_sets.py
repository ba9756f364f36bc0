"""Ended holds are tidied up by one call a batch, plan by plan: neighbours of a hall lie on the same pages.

For that the relay role may read which plan a reservation is of.
"""

from alembic import op

from adapters.postgres.security import Roles

revision = "venue_0022"
down_revision = "venue_0021"
branch_labels = None
depends_on = None

ROLES = Roles.of("venue_db")

# Mark reservations of the transaction's tenant as expired that have ended by p_now, and give their seats back. What
# others have locked is left out; what this transaction has locked is not. It answers with the reservations, the plan
# of each, the seats that are free again, and the reservation that had each of these.
#
# Locks are taken in one order, reservations by id, then seats by id, as a hold takes those of seats; items come after
# their seats. Each row is looked up by its key once, and what is locked is updated where it lies: nobody can move it,
# and the update is a statement of its own, which sees what others wrote before the lock was ours. An ended reservation
# may have lost seats to a later hold; these are not touched.
#
# The plan of the statements is made once and must be good for any table, so no table is read from end to end: the
# planner, which knows a table from before it grew, would rather read all reservations than look up 500. For the same
# reason items are not found by `live` alone, whose index has all live items of the tenant.
EXPIRE = """
create function expire_batch(
    p_tenant uuid, p_ids uuid[], p_now timestamptz,
    out ended uuid[], out plans uuid[], out freed uuid[], out owners uuid[]
) language plpgsql security invoker
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    v_at tid[];
begin
    select array_agg(l.at), array_agg(l.id), array_agg(l.plan_id) into v_at, ended, plans
      from (select w.id from unnest(p_ids) as w (id) order by w.id) n
     cross join lateral (select r.ctid as at, r.id, r.plan_id from seat_reservations r
                          where r.tenant_id = p_tenant and r.id = n.id and r.status in ('HELD', 'RESERVED')
                            and r.expires_at <= p_now limit 1 for no key update skip locked) l;
    update seat_reservations r set status = 'EXPIRED' where r.ctid = any(v_at) and r.tenant_id = p_tenant;

    select array_agg(l.at), array_agg(l.id), array_agg(l.reservation_id) into v_at, freed, owners
      from (select i.seat_id, i.reservation_id from seat_reservation_items i
             where i.tenant_id = p_tenant and i.reservation_id = any(ended) and i.live is distinct from false
             order by i.seat_id) n
     cross join lateral (select s.ctid as at, s.id, s.reservation_id from seats s
                          where s.tenant_id = p_tenant and s.id = n.seat_id limit 1 for no key update) l
     where l.reservation_id = n.reservation_id;
    update seat_reservation_items i set live = false
     where i.tenant_id = p_tenant and i.reservation_id = any(ended) and i.live is distinct from false;
    update seats s set status = 'AVAILABLE', held_until = null, block_reason = null, reservation_id = null
     where s.ctid = any(v_at) and s.tenant_id = p_tenant;
end
$$;
"""
SIGNATURE = "expire_batch(uuid, uuid[], timestamptz)"


def upgrade() -> None:
    op.execute(EXPIRE)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {ROLES.app}")
    op.execute(f"grant select (plan_id) on seat_reservations to {ROLES.relay}")


def downgrade() -> None:
    op.execute(f"revoke select (plan_id) on seat_reservations from {ROLES.relay}")
    op.execute(f"drop function {SIGNATURE}")

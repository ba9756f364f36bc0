"""What venue_db says of listings and transfers, and of operations that no worker takes."""

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import OfferFacts, StuckFacts


def _offer(row: Row) -> OfferFacts:
    return OfferFacts(
        key=key_of(row),
        kind=row["kind"],
        pass_id=row["pass_id"],
        status=row["status"],
        ties=row["ties"],
        may_tie=row["may_tie"],
        touched_at=row["touched_at"],
    )


# Before it is open an offer may have tied its pass or not, suspended or not; and a buyer's pass ends the tie.
OFFERS = Query(
    "o.kind, o.pass_id, o.status, o.ties, o.may_tie, o.touched_at",
    """
    (select l.tenant_id, l.id, l.kind, l.pass_id, l.status, l.updated_at as touched_at,
            l.status in ('OPEN', 'RESERVED', 'ORDERED') as ties,
            l.status in ('OPENING', 'SOLD', 'SUSPENDED') as may_tie
       from listings l
     union all
     select t.tenant_id, t.id, 'transfer', t.pass_id, t.status, t.updated_at,
            t.status = 'OFFERED', t.status in ('OPENING', 'ACCEPTING')
       from pass_transfers t) o
    """,
    ("o.tenant_id", "o.id"),
    _offer,
)


def _operation(row: Row) -> StuckFacts:
    return StuckFacts(
        key=key_of(row),
        what=f"The operation {row['type']} ({row['status']})",
        since=row["since"],
        told="",
    )


FREE_OPERATIONS = Query(
    "o.type, o.status, greatest(o.updated_at, o.lease_until, o.next_try_at) as since",
    "venue_operations o",
    ("o.tenant_id", "o.id"),
    _operation,
    """
    o.status in ('pending', 'in_progress') and (o.lease_until is null or o.lease_until <= now())
    and (o.next_try_at is null or o.next_try_at <= now())
    """,
)

"""What payment_db says of the payment of each order, and which webhooks have failed."""

from uuid import UUID

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import Key, PaymentFacts, StuckFacts

_COLUMNS = """
    p.id, p.status, p.amount_minor, coalesce(p.received_minor, 0) as received_minor, p.currency, p.refunded_minor,
    r.refunds_minor, r.owed_back_minor, l.captured_minor, l.booked_back_minor, l.disputed_minor, l.unbalanced,
    greatest(p.updated_at, r.at, l.at) as touched_at
"""
_SOURCE = """
    payments p
    cross join lateral (
        select coalesce(sum(x.amount_minor) filter (where x.status <> 'failed'), 0)::bigint as refunds_minor,
               coalesce(sum(x.amount_minor) filter (where x.booked), 0)::bigint as owed_back_minor,
               max(x.updated_at) as at
          from refunds x where x.tenant_id = p.tenant_id and x.payment_id = p.id) r
    cross join lateral (
        select -coalesce(sum(x.minor) filter (where x.account = 'buyer'), 0)::bigint as captured_minor,
               coalesce(sum(x.minor) filter (where x.account = 'refund'), 0)::bigint as booked_back_minor,
               coalesce(sum(x.minor) filter (where x.account = 'dispute'), 0)::bigint as disputed_minor,
               count(*) filter (where x.account is null and x.minor <> 0) as unbalanced, max(x.at) as at
          from (select e.transaction_id, e.account, sum(e.amount_minor) as minor, max(e.booked_at) as at
                  from ledger_entries e where e.tenant_id = p.tenant_id and e.payment_id = p.id
                 group by grouping sets ((e.transaction_id, e.account), (e.transaction_id))) x) l
"""


def _payment(row: Row) -> PaymentFacts:
    return PaymentFacts(
        key=key_of(row),
        payment_id=row["id"],
        status=row["status"],
        amount_minor=row["amount_minor"],
        received_minor=row["received_minor"],
        currency=row["currency"],
        refunded_minor=row["refunded_minor"],
        refunds_minor=row["refunds_minor"],
        captured_minor=row["captured_minor"],
        booked_back_minor=row["booked_back_minor"],
        owed_back_minor=row["owed_back_minor"],
        disputed_minor=row["disputed_minor"],
        unbalanced=row["unbalanced"],
        touched_at=row["touched_at"],
    )


PAYMENTS = Query(_COLUMNS, _SOURCE, ("p.tenant_id", "p.order_id"), _payment)
"""By the keys of their orders, each of which has one payment at most."""


def _webhook(row: Row) -> StuckFacts:
    key = key_of(row)
    return StuckFacts(
        key=Key(key.tenant_id, key.id), what=row["what"], since=row["received_at"], told=row["error_message"] or ""
    )


_NOBODY = f"coalesce(h.tenant_id, '{UUID(int=0)}'::uuid)"
FAILED_WEBHOOKS = Query(
    "h.source || ' ' || h.event_type || ' ' || h.event_id as what, h.received_at, h.error_message",
    "payment_webhooks h",
    (_NOBODY, "h.id"),
    _webhook,
    "h.status = 'failed'",
)
"""Whose one is may be unknown."""

"""What admission_db says of passes."""

from uuid import UUID

import msgspec

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import OfferedPassFacts, PassesFacts, PassOfItem


class _Pass(msgspec.Struct, frozen=True):
    id: UUID
    item_id: UUID
    unit: int
    status: str


_PASSES = msgspec.json.Decoder(tuple[_Pass, ...])


def _passes(row: Row) -> PassesFacts:
    return PassesFacts(
        key=key_of(row),
        passes=tuple(
            PassOfItem(id=each.id, item_id=each.item_id, unit=each.unit, status=each.status)
            for each in _PASSES.decode(row["passes"])
        ),
        over=row["over"],
    )


# Admission knows an order when it has heard of it, be it before or without any pass.
PASSES = Query(
    """
    coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'item_id', p.order_item_id, 'unit', p.unit,
                                                  'status', p.status) order by p.id)
                from passes p where p.tenant_id = o.tenant_id and p.order_id = o.order_id), '[]')::text as passes,
    o.refunded_at is not null or exists (
        select from disputed_orders d
         where d.tenant_id = o.tenant_id and d.order_id = o.order_id and d.standing = 'lost') as over
    """,
    "order_standings o",
    ("o.tenant_id", "o.order_id"),
    _passes,
)


def _tied(row: Row) -> OfferedPassFacts:
    return OfferedPassFacts(
        key=key_of(row),
        status=row["status"],
        offer_id=row["offer_id"],
        offer_kind=row["offer_kind"],
        offered_at=row["offered_at"],
    )


TIED_PASSES = Query(
    "p.status, p.offer_id, p.offer_kind, p.offered_at",
    "passes p",
    ("p.tenant_id", "p.id"),
    _tied,
    "p.offer_id is not null",
)

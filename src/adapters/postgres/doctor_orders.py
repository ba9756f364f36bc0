"""What order_db says of orders."""

from uuid import UUID

import msgspec

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import ItemFacts, OrderFacts

# One row an order; what belongs to it is gathered by the indexes that begin with the order.
_OF = "x.tenant_id = o.tenant_id and x.order_id = o.id"
_COLUMNS = f"""
    o.status, o.refund, o.settlement is null and coalesce(o.total_minor, 0) > 0 as charged,
    coalesce(o.total_minor, 0) as total_minor, o.refunded_minor, o.expires_at,
    greatest(o.updated_at,
             (select max(greatest(x.requested_at, x.accepted_at, x.settled_at)) from order_refunds x where {_OF}),
             (select max(greatest(x.passed_on_at, x.reissued_at, x.returned_at)) from passed_on_units x where {_OF}),
             (select max(greatest(x.passed_on_at, x.reissued_at, x.returned_at)) from passed_on_units x
               where x.tenant_id = o.tenant_id and x.to_order_id = o.id)) as touched_at,
    exists (select from order_history x where {_OF} and x.step = 'payment_started') as payment_started,
    coalesce((select jsonb_agg(jsonb_build_object(
                'id', x.id, 'reservation_id', x.reservation_id, 'ticket_id', x.ticket_id, 'seat_id', x.seat_ids[1],
                'quantity', x.quantity, 'resale', x.resale) order by x.position)
                from order_items x where {_OF}), '[]')::text as items,
    coalesce((select jsonb_agg(each.item) from order_refunds x, jsonb_array_elements(x.items) each (item)
               where {_OF} and x.accepted_at is not null), '[]')::text as returned,
    coalesce((select jsonb_agg(jsonb_build_object('item_id', x.order_item_id, 'units', jsonb_build_array(x.unit)))
                from passed_on_units x where {_OF}), '[]')::text as passed_on,
    array(select x.to_item_id from passed_on_units x
           where x.tenant_id = o.tenant_id and x.to_order_id = o.id) as arrived
"""  # noqa: S608 (a constant)


class _Admission(msgspec.Struct, frozen=True):
    order_id: UUID


class _Resale(msgspec.Struct, frozen=True):
    root: _Admission
    root_reservation_id: UUID


class _Item(msgspec.Struct, frozen=True):
    id: UUID
    reservation_id: UUID
    ticket_id: UUID
    seat_id: UUID | None
    quantity: int
    resale: _Resale | None


class _Units(msgspec.Struct, frozen=True):
    item_id: UUID
    units: tuple[int, ...]


_ITEMS = msgspec.json.Decoder(tuple[_Item, ...])
_UNITS = msgspec.json.Decoder(tuple[_Units, ...])


def _order(row: Row) -> OrderFacts:
    key = key_of(row)
    returned, passed_on = _units(row["returned"]), _units(row["passed_on"])
    arrived = frozenset(row["arrived"])
    nothing = frozenset[int]()
    items = tuple(
        ItemFacts(
            id=item.id,
            reservation_id=item.resale.root_reservation_id if item.resale else item.reservation_id,
            ticket_id=item.ticket_id,
            seat_id=item.seat_id,
            quantity=item.quantity,
            sold_to=item.resale.root.order_id if item.resale else key.id,
            resold=item.resale is not None,
            arrived=item.resale is None or item.id in arrived,
            returned=returned.get(item.id, nothing),
            passed_on=passed_on.get(item.id, nothing),
        )
        for item in _ITEMS.decode(row["items"])
    )
    return OrderFacts(
        key=key,
        status=row["status"],
        refund=row["refund"],
        charged=row["charged"],
        total_minor=row["total_minor"],
        refunded_minor=row["refunded_minor"],
        expires_at=row["expires_at"],
        touched_at=row["touched_at"],
        payment_started=row["payment_started"],
        items=items,
    )


def _units(text: str) -> dict[UUID, frozenset[int]]:
    found: dict[UUID, frozenset[int]] = {}
    for each in _UNITS.decode(text):
        found[each.item_id] = found.get(each.item_id, frozenset()) | frozenset(each.units)
    return found


ORDERS = Query(_COLUMNS, "orders o", ("o.tenant_id", "o.id"), _order)

"""Orders as rows of order_db: the statements, and the way back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.order_item_rows import lines_of
from adapters.postgres.order_refunds import policy_of, policy_text
from core.orders.box_office import BoxOfficeSale, Settlement
from core.orders.contact import Contact
from core.orders.content import Discount, Fee, OrderContent, OrderedTicket, Tax
from core.orders.history import HistoryEntry
from core.orders.order import Order
from core.orders.reservations import OrderedReservation
from core.orders.statuses import OrderStatus, RefundState
from core.shared.ids import AccountId, OrderId

type Value = Any  # what asyncpg takes as an argument

SELECT = """
select o.*, o.refund_policy::text as policy_text, o.tickets::text as tickets_text, o.discounts::text as discounts_text,
       o.fees::text as fees_text, o.taxes::text as taxes_text,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.reservation_id) order by r.position),
                        '[]')::text
        from order_reservations r where r.tenant_id = o.tenant_id and r.order_id = o.id) as reservations_text,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', i.id, 'reservation_id', i.reservation_id, 'ticket_id', i.ticket_id, 'plan_id', i.plan_id,
                   'quantity', i.quantity, 'seat_ids', i.seat_ids, 'label', i.label, 'section', i.section,
                   'row', i.row_label, 'number', i.seat_number, 'price_minor', i.unit_price_minor,
                   'currency', i.currency, 'resale', i.resale) order by i.position), '[]')::text
        from order_items i where i.tenant_id = o.tenant_id and i.order_id = o.id) as items_text,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'at', h.at, 'step', h.step, 'detail', h.detail) order by h.position), '[]')::text
        from order_history h where h.tenant_id = o.tenant_id and h.order_id = o.id) as history_text
from orders o
where o.tenant_id = $1
"""

INSERT = """
insert into orders (
    tenant_id, id, account_id, contact_email, contact_name, status, version,
    expires_at, due_at, created_at, updated_at, sold_by, settlement, sale_note, accept_other_seats, refund_policy
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::text::jsonb)
"""

INSERT_RESERVATIONS = """
insert into order_reservations (tenant_id, order_id, account_id, status, position, kind, reservation_id)
select $1, $2, $3, $4, item.position, item.kind, item.reservation_id
from unnest($5::text[], $6::uuid[]) with ordinality as item (kind, reservation_id, position)
order by item.reservation_id
on conflict (tenant_id, reservation_id, account_id)
    where status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED') do nothing
"""
"""By id, so that two orders that want the same reservations at once wait for one another in one order."""

LIVE_WITH = """
select r.order_id from order_reservations r
where r.tenant_id = $1 and r.reservation_id = any($2::uuid[]) and r.account_id = $3
  and r.status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')
"""

OF_TICKETS = """
select i.order_id from order_items i
where i.tenant_id = $1 and i.ticket_id = any($2::uuid[]) and ($3::uuid is null or i.order_id > $3)
"""

LOCK_WITH_ORIGINS = """
select id from orders
where tenant_id = $1 and (id = $2 or id in (
    select (i.resale -> part ->> 'order_id')::uuid from order_items i, unnest(array['origin', 'root']) as part
    where i.tenant_id = $1 and i.order_id = $2 and i.resale is not null))
order by id
for update
"""

UPDATE = """
update orders
set status = $4, refund = $5, tickets = $6::text::jsonb, fees = $7::text::jsonb, total_minor = $8, currency = $9,
    version = $3, expires_at = $10, due_at = $11, updated_at = $12, discounts = $13::text::jsonb,
    taxes = $14::text::jsonb
where tenant_id = $1 and id = $2 and version = $3 - 1
"""

REPLACE_RESERVATIONS = """
update order_reservations r set reservation_id = n.reservation_id
from unnest($3::uuid[]) with ordinality as n (reservation_id, position)
where r.tenant_id = $1 and r.order_id = $2 and r.position = n.position and r.reservation_id <> n.reservation_id
"""

INSERT_HISTORY = """
insert into order_history (tenant_id, order_id, position, at, step, detail)
select $1, $2, entry.position + $3, entry.at, entry.step, entry.detail
from unnest($4::timestamptz[], $5::text[], $6::text[]) with ordinality as entry (at, step, detail, position)
on conflict do nothing
"""


_HISTORY = msgspec.json.Decoder(tuple[HistoryEntry, ...])
_TICKETS = msgspec.json.Decoder(tuple[OrderedTicket, ...])
_RESERVATIONS = msgspec.json.Decoder(tuple[OrderedReservation, ...])
_DISCOUNTS = msgspec.json.Decoder(tuple[Discount, ...])
_FEES = msgspec.json.Decoder(tuple[Fee, ...])
_TAXES = msgspec.json.Decoder(tuple[Tax, ...])


def order_of(row: asyncpg.Record) -> Order:
    """Return the order of a row of SELECT."""
    email: str | None = row["contact_email"]
    refund: str | None = row["refund"]
    return Order(
        id=OrderId(row["id"]),
        account_id=AccountId(row["account_id"]),
        reservations=_RESERVATIONS.decode(row["reservations_text"]),
        contact=Contact(email, row["contact_name"]) if email is not None else None,
        status=OrderStatus(row["status"]),
        content=_content_of(row),
        refund=RefundState(refund) if refund is not None else None,
        version=row["version"],
        placed_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        due_at=row["due_at"],
        history=_HISTORY.decode(row["history_text"]),
        sale=_sale_of(row),
        accept_other_seats=row["accept_other_seats"],
        refund_policy=policy_of(row["policy_text"]),
    )


def _sale_of(row: asyncpg.Record) -> BoxOfficeSale | None:
    sold = row["sold_by"] is not None
    return BoxOfficeSale(row["sold_by"], Settlement(row["settlement"]), row["sale_note"]) if sold else None


def _content_of(row: asyncpg.Record) -> OrderContent | None:
    if row["tickets_text"] is None:
        return None
    return OrderContent(
        tickets=_TICKETS.decode(row["tickets_text"]),
        items=lines_of(row["items_text"]),
        discounts=_DISCOUNTS.decode(row["discounts_text"]),
        fees=_FEES.decode(row["fees_text"]),
        taxes=_TAXES.decode(row["taxes_text"]),
    )


def insert_arguments(tenant_id: UUID, order: Order) -> Sequence[Value]:
    """Return the arguments of INSERT."""
    contact, sale = order.contact, order.sale
    return (
        tenant_id,
        order.id,
        order.account_id,
        contact.email if contact else None,
        contact.name if contact else None,
        order.status.value,
        order.version,
        order.expires_at,
        order.due_at,
        order.placed_at,
        order.updated_at,
        sale.by if sale else None,
        sale.settlement.value if sale else None,
        sale.note if sale else None,
        order.accept_other_seats,
        policy_text(order.refund_policy),
    )


def reservation_arguments(tenant_id: UUID, order: Order) -> Sequence[Value]:
    """Return the arguments of INSERT_RESERVATIONS."""
    return (
        tenant_id,
        order.id,
        order.account_id,
        order.status.value,
        [each.kind.value for each in order.reservations],
        [each.id for each in order.reservations],
    )


def update_arguments(tenant_id: UUID, order: Order) -> Sequence[Value]:
    """Return the arguments of UPDATE."""
    content = order.content
    return (
        tenant_id,
        order.id,
        order.version,
        order.status.value,
        order.refund.value if order.refund else None,
        _json(content.tickets) if content else None,
        _json(content.fees if content else ()),
        content.total.amount_minor if content else None,
        content.currency if content else None,
        order.expires_at,
        order.due_at,
        order.updated_at,
        _json(content.discounts if content else ()),
        _json(content.taxes if content else ()),
    )


def history_arguments(tenant_id: UUID, order: Order, *, known: int) -> Sequence[Value]:
    """Return the arguments of INSERT_HISTORY for what comes after the `known` entries."""
    entries = order.history[known:]
    return (
        tenant_id,
        order.id,
        known,
        [entry.at for entry in entries],
        [entry.step.value for entry in entries],
        [entry.detail for entry in entries],
    )


def _json(parts: Sequence[OrderedTicket | Discount | Fee | Tax]) -> str:
    return msgspec.json.encode(parts).decode()

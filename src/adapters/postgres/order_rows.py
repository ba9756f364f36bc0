"""Orders as rows of order_db: the statements, and the way back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from core.orders.contact import Contact
from core.orders.content import EventSnapshot, Fee, OrderContent, SeatLine
from core.orders.order import HistoryEntry, Order, RefundState
from core.orders.statuses import OrderStatus
from core.shared.ids import AccountId, OrderId, OrderItemId, PlanId, ReservationId, SeatId, TicketId
from core.shared.money import Money

type Value = Any  # what asyncpg takes as an argument

SELECT = """
select o.*, o.event::text as event_text, o.fees::text as fees_text,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', i.id, 'seat_ids', i.seat_ids, 'label', i.label, 'section', i.section, 'row', i.row_label,
                   'number', i.seat_number, 'price_minor', i.unit_price_minor, 'currency', i.currency
               ) order by i.position), '[]')::text
        from order_items i where i.tenant_id = o.tenant_id and i.order_id = o.id) as items_text,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'at', h.at, 'step', h.step, 'detail', h.detail) order by h.position), '[]')::text
        from order_history h where h.tenant_id = o.tenant_id and h.order_id = o.id) as history_text
from orders o
where o.tenant_id = $1
"""

INSERT = """
insert into orders (
    tenant_id, id, account_id, reservation_id, contact_email, contact_name, status, version,
    expires_at, due_at, created_at, updated_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (tenant_id, reservation_id, account_id)
    where status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED') do nothing
"""

UPDATE = """
update orders
set status = $4, refund = $5, ticket_id = $6, plan_id = $7, event = $8::text::jsonb, fees = $9::text::jsonb,
    total_minor = $10, currency = $11, version = $3, expires_at = $12, due_at = $13, updated_at = $14
where tenant_id = $1 and id = $2 and version = $3 - 1
"""

INSERT_ITEMS = """
insert into order_items (
    tenant_id, order_id, id, position, ticket_id, quantity, unit_price_minor, currency, seat_ids,
    label, section, row_label, seat_number
)
select $1, $2, item.id, item.position, $3, 1, item.price_minor, $4, array[item.seat_id],
       item.label, item.section, item.row_label, item.number
from unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[])
     with ordinality as item (id, price_minor, seat_id, label, section, row_label, number, position)
on conflict do nothing
"""

INSERT_HISTORY = """
insert into order_history (tenant_id, order_id, position, at, step, detail)
select $1, $2, entry.position + $3, entry.at, entry.step, entry.detail
from unnest($4::timestamptz[], $5::text[], $6::text[]) with ordinality as entry (at, step, detail, position)
on conflict do nothing
"""


class _ItemRow(msgspec.Struct, frozen=True):
    id: OrderItemId
    seat_ids: tuple[SeatId, ...]
    label: str
    section: str
    row: str
    number: str
    price_minor: int
    currency: str


_ITEMS = msgspec.json.Decoder(tuple[_ItemRow, ...])
_HISTORY = msgspec.json.Decoder(tuple[HistoryEntry, ...])
_EVENT = msgspec.json.Decoder(EventSnapshot)
_FEES = msgspec.json.Decoder(tuple[Fee, ...])


def order_of(row: asyncpg.Record) -> Order:
    """Return the order of a row of SELECT."""
    email: str | None = row["contact_email"]
    refund: str | None = row["refund"]
    return Order(
        id=OrderId(row["id"]),
        account_id=AccountId(row["account_id"]),
        reservation_id=ReservationId(row["reservation_id"]),
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
    )


def _content_of(row: asyncpg.Record) -> OrderContent | None:
    if row["event_text"] is None:
        return None
    return OrderContent(
        ticket_id=TicketId(row["ticket_id"]),
        plan_id=PlanId(row["plan_id"]),
        event=_EVENT.decode(row["event_text"]),
        items=tuple(
            SeatLine(
                id=item.id,
                seat_id=item.seat_ids[0],
                label=item.label,
                section=item.section,
                row=item.row,
                number=item.number,
                price=Money(item.price_minor, item.currency),
            )
            for item in _ITEMS.decode(row["items_text"])
        ),
        fees=_FEES.decode(row["fees_text"]),
    )


def insert_arguments(tenant_id: UUID, order: Order) -> Sequence[Value]:
    """Return the arguments of INSERT."""
    contact = order.contact
    return (
        tenant_id,
        order.id,
        order.account_id,
        order.reservation_id,
        contact.email if contact else None,
        contact.name if contact else None,
        order.status.value,
        order.version,
        order.expires_at,
        order.due_at,
        order.placed_at,
        order.updated_at,
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
        content.ticket_id if content else None,
        content.plan_id if content else None,
        msgspec.json.encode(content.event).decode() if content else None,
        msgspec.json.encode(content.fees if content else ()).decode(),
        content.total.amount_minor if content else None,
        content.currency if content else None,
        order.expires_at,
        order.due_at,
        order.updated_at,
    )


def item_arguments(tenant_id: UUID, order: Order, content: OrderContent) -> Sequence[Value]:
    """Return the arguments of INSERT_ITEMS."""
    items = content.items
    return (
        tenant_id,
        order.id,
        content.ticket_id,
        content.currency,
        [item.id for item in items],
        [item.price.amount_minor for item in items],
        [item.seat_id for item in items],
        [item.label for item in items],
        [item.section for item in items],
        [item.row for item in items],
        [item.number for item in items],
    )


def history_arguments(tenant_id: UUID, order: Order, *, known: int) -> Sequence[Value]:
    """Return the arguments of INSERT_HISTORY for what comes after the `known` entries."""
    entries = order.history[known:]
    moments: list[datetime] = [entry.at for entry in entries]
    return (
        tenant_id,
        order.id,
        known,
        moments,
        [entry.step.value for entry in entries],
        [entry.detail for entry in entries],
    )

"""Items of orders as rows of order_db: the statements, and the way back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from core.orders.content import (
    Admission,
    OrderContent,
    OrderLine,
    PlacesLine,
    ResaleLine,
    ResoldSeat,
    Root,
    SeatLine,
    seat_of,
)
from core.orders.order import Order
from core.shared.ids import ListingId, OrderItemId, PassId, PlanId, ReservationId, SeatId, TicketId
from core.shared.money import Money

type Value = Any  # what asyncpg takes as an argument

INSERT_ITEMS = """
insert into order_items (
    tenant_id, order_id, currency, id, position, reservation_id, ticket_id, plan_id, quantity, unit_price_minor,
    seat_ids, label, section, row_label, seat_number, resale
)
select $1, $2, $3, item.id, item.position, item.reservation_id, item.ticket_id, item.plan_id, item.quantity,
       item.price_minor, array_remove(array[item.seat_id], null), item.label, item.section, item.row_label, item.number,
       item.resale::jsonb
from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::integer[], $9::bigint[], $10::uuid[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
     with ordinality as item (id, reservation_id, ticket_id, plan_id, quantity, price_minor, seat_id,
                              label, section, row_label, number, resale, position)
on conflict do nothing
"""

REPLACE_SEATS = """
update order_items i set reservation_id = n.reservation_id, seat_ids = array[n.seat_id], label = n.label,
    section = n.section, row_label = n.row_label, seat_number = n.number
from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[])
     as n (id, reservation_id, seat_id, label, section, row_label, number)
where i.tenant_id = $1 and i.order_id = $2 and i.id = n.id and i.reservation_id <> n.reservation_id
"""


class _Resale(msgspec.Struct, frozen=True):
    """What a resold item has beside its place; the column `resale` keeps it."""

    listing_id: ListingId
    pass_id: PassId
    escrow: bool
    origin: Admission
    root: Admission
    root_reservation_id: ReservationId


class _ItemRow(msgspec.Struct, frozen=True):
    id: OrderItemId
    reservation_id: ReservationId
    ticket_id: TicketId
    plan_id: PlanId | None
    quantity: int
    seat_ids: tuple[SeatId, ...]
    label: str | None
    section: str | None
    row: str | None
    number: str | None
    price_minor: int
    currency: str
    resale: _Resale | None

    def line(self) -> OrderLine:
        """Return the item; the table's constraint says that a seat has a plan and labels."""
        price = Money(self.price_minor, self.currency)
        if self.resale is not None:
            return self._resold(self.resale, price)
        if self.plan_id is None:
            return PlacesLine(self.id, self.reservation_id, self.ticket_id, self.quantity, price)
        return SeatLine(
            id=self.id,
            reservation_id=self.reservation_id,
            ticket_id=self.ticket_id,
            plan_id=self.plan_id,
            seat_id=self.seat_ids[0],
            label=self.label or "",
            section=self.section or "",
            row=self.row or "",
            number=self.number or "",
            price=price,
        )

    def _resold(self, resale: _Resale, price: Money) -> ResaleLine:
        labels = self.label or "", self.section or "", self.row or "", self.number or ""
        return ResaleLine(
            id=self.id,
            reservation_id=self.reservation_id,
            ticket_id=self.ticket_id,
            listing_id=resale.listing_id,
            pass_id=resale.pass_id,
            price=price,
            escrow=resale.escrow,
            origin=resale.origin,
            root=Root(resale.root, resale.root_reservation_id, self.plan_id),
            seat=None if self.plan_id is None else ResoldSeat(self.seat_ids[0], *labels),
        )


_ITEMS = msgspec.json.Decoder(tuple[_ItemRow, ...])


def lines_of(text: str) -> tuple[OrderLine, ...]:
    """Return the items of a row of SELECT."""
    return tuple(item.line() for item in _ITEMS.decode(text))


def item_arguments(tenant_id: UUID, order: Order, content: OrderContent) -> Sequence[Value]:
    """Return the arguments of INSERT_ITEMS."""
    items = content.items
    seats = [seat_of(item) for item in items]
    return (
        tenant_id,
        order.id,
        content.currency,
        [item.id for item in items],
        [item.reservation_id for item in items],
        [item.ticket_id for item in items],
        [_plan_of(item) for item in items],
        [item.quantity for item in items],
        [item.unit_price.amount_minor for item in items],
        [seat and seat.seat_id for seat in seats],
        [seat and seat.label for seat in seats],
        [seat and seat.section for seat in seats],
        [seat and seat.row for seat in seats],
        [seat and seat.number for seat in seats],
        [_resale_text(item) if isinstance(item, ResaleLine) else None for item in items],
    )


def _plan_of(item: OrderLine) -> PlanId | None:
    match item:
        case SeatLine():
            return item.plan_id
        case ResaleLine():
            return item.root.plan_id
        case PlacesLine():
            return None


def _resale_text(item: ResaleLine) -> str:
    root = item.root
    resale = _Resale(item.listing_id, item.pass_id, item.escrow, item.origin, root.admission, root.reservation_id)
    return msgspec.json.encode(resale).decode()


def replaced_seats_arguments(tenant_id: UUID, order: Order, content: OrderContent) -> Sequence[Value]:
    """Return the arguments of REPLACE_SEATS."""
    seats = [item for item in content.items if isinstance(item, SeatLine)]
    return (
        tenant_id,
        order.id,
        [seat.id for seat in seats],
        [seat.reservation_id for seat in seats],
        [seat.seat_id for seat in seats],
        [seat.label for seat in seats],
        [seat.section for seat in seats],
        [seat.row for seat in seats],
        [seat.number for seat in seats],
    )

"""The events of an order, made from the order."""

from uuid import UUID

from core.orders.content import OrderContent, PlacesLine, SeatLine
from core.orders.content import OrderedTicket as Ticket
from core.orders.order import Order
from core.orders.refunds import OrderRefund
from core.orders.reservations import ReservationKind
from core.orders.shares import Unit
from core.shared.ids import PlanId, ReservationId, SeatId
from ports.published.orders import (
    ItemsReturned,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderedPlaces,
    OrderedSeat,
    OrderedTicket,
    ReturnedPlaces,
    ReturnedSeats,
    ReturnedUnits,
)
from ports.published.seating import replacement_id


def created(order: Order, content: OrderContent) -> OrderCreated:
    """Tell that the order awaits its payment."""
    return OrderCreated(
        order_id=order.id,
        account_id=order.account_id,
        reservation_ids=order.reservation_ids,
        total_minor=content.total.amount_minor,
        currency=content.currency,
        expires_at=order.expires_at,
    )


def ended(order: Order, reason: str) -> OrderCancelled:
    """Tell that the order is not sold (any more): `cancelled`, `expired` or `refunded`.

    At `refunded` the reservations are named as well that may have been made in the place of others, be it by a try that
    died before the order knew of them.
    """
    ids: tuple[UUID, ...] = order.reservation_ids
    if reason == "refunded" and order.accept_other_seats:
        ids += tuple(
            replacement_id(order_id=order.id, reservation_id=each.id)
            for each in order.reservations
            if each.kind is ReservationKind.SEATS
        )
    return OrderCancelled(order_id=order.id, reservation_ids=ids, reason=reason)


def completed(order: Order, content: OrderContent) -> OrderCompleted:
    """Tell that passes are due, with all that they show."""
    return OrderCompleted(
        order_id=order.id,
        account_id=order.account_id,
        currency=content.currency,
        tickets=tuple(ordered_ticket(ticket) for ticket in content.tickets),
        seats=tuple(_seat(item) for item in content.items if isinstance(item, SeatLine)),
        places=tuple(_places(item) for item in content.items if isinstance(item, PlacesLine)),
    )


def returned(content: OrderContent, refund: OrderRefund, *, gone: frozenset[Unit]) -> ItemsReturned:
    """Tell that the refund's items are over; `gone` has all admissions of the order that went back, these included."""
    lines = {line.id: line for line in content.items}
    seats: dict[tuple[ReservationId, PlanId], list[SeatId]] = {}
    places: list[ReturnedPlaces] = []
    for item in refund.items:
        line = lines[item.item_id]
        if isinstance(line, SeatLine):
            seats.setdefault((line.reservation_id, line.plan_id), []).append(line.seat_id)
        else:
            before = sum(item_id == line.id for item_id, _ in gone)
            places.append(
                ReturnedPlaces(
                    reservation_id=line.reservation_id,
                    ticket_id=line.ticket_id,
                    quantity=item.quantity,
                    remaining=line.quantity - before,
                )
            )
    return ItemsReturned(
        order_id=refund.order_id,
        refund_id=refund.id,
        order_item_ids=tuple(item.item_id for item in refund.items),
        units=tuple(ReturnedUnits(order_item_id=item.item_id, units=item.units) for item in refund.items),
        seats=tuple(
            ReturnedSeats(reservation_id=reservation_id, plan_id=plan_id, seat_ids=tuple(seat_ids))
            for (reservation_id, plan_id), seat_ids in seats.items()
        ),
        places=tuple(places),
        reason=refund.reason.value,
        by=refund.by,
    )


def ordered_ticket(ticket: Ticket) -> OrderedTicket:
    """Return what an order admits to, as the other contexts are told."""
    event = ticket.event
    return OrderedTicket(
        ticket_id=ticket.ticket_id,
        title=ticket.title,
        venue_id=event.venue_id,
        event_title=event.title,
        event_starts_at=event.starts_at,
        event_ends_at=event.ends_at,
        event_time_zone=event.time_zone,
        venue_name=event.venue_name,
    )


def _seat(item: SeatLine) -> OrderedSeat:
    return OrderedSeat(
        order_item_id=item.id,
        ticket_id=item.ticket_id,
        seat_id=item.seat_id,
        label=item.label,
        section=item.section,
        row=item.row,
        number=item.number,
        price_minor=item.price.amount_minor,
    )


def _places(item: PlacesLine) -> OrderedPlaces:
    return OrderedPlaces(
        order_item_id=item.id,
        ticket_id=item.ticket_id,
        quantity=item.quantity,
        price_minor=item.unit_price.amount_minor,
    )

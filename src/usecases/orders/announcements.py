"""The events of an order, made from the order."""

from core.orders.content import OrderContent
from core.orders.order import Order
from ports.published.orders import OrderCancelled, OrderCompleted, OrderCreated, OrderedSeat


def created(order: Order, content: OrderContent) -> OrderCreated:
    """Tell that the order awaits its payment."""
    return OrderCreated(
        order_id=order.id,
        account_id=order.account_id,
        reservation_ids=(order.reservation_id,),
        total_minor=content.total.amount_minor,
        currency=content.currency,
        expires_at=order.expires_at,
    )


def ended(order: Order, reason: str) -> OrderCancelled:
    """Tell that the order is not sold (any more): `cancelled`, `expired` or `refunded`."""
    return OrderCancelled(order_id=order.id, reservation_ids=(order.reservation_id,), reason=reason)


def completed(order: Order, content: OrderContent) -> OrderCompleted:
    """Tell that passes are due, with all that they show."""
    return OrderCompleted(
        order_id=order.id,
        account_id=order.account_id,
        ticket_id=content.ticket_id,
        venue_id=content.event.venue_id,
        event_title=content.event.title,
        event_starts_at=content.event.starts_at,
        event_ends_at=content.event.ends_at,
        event_time_zone=content.event.time_zone,
        venue_name=content.event.venue_name,
        currency=content.currency,
        seats=tuple(
            OrderedSeat(
                order_item_id=item.id,
                seat_id=item.seat_id,
                label=item.label,
                section=item.section,
                row=item.row,
                number=item.number,
                price_minor=item.price.amount_minor,
            )
            for item in content.items
        ),
    )

"""The events of an order, made from the order."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from uuid import UUID

from core.orders.content import OrderContent, PlacesLine, ResaleLine, SeatLine
from core.orders.content import OrderedTicket as Ticket
from core.orders.order import Order
from core.orders.refunds import ReturnedItem
from core.orders.reservations import ReservationKind
from core.orders.shares import Share, Unit, shares_of
from core.shared.ids import AccountId, OrderId, OrderItemId, PlanId, RefundId, ReservationId, SeatId, TicketId
from ports.published.orders import (
    ItemsReturned,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderedPlaces,
    OrderedResale,
    OrderedSeat,
    OrderedTicket,
    ReturnedPlaces,
    ReturnedSeats,
    ReturnedUnits,
)
from ports.published.seating import replacement_id


@dataclass(frozen=True, slots=True)
class Over:
    """Admissions of an order that are over, by which refund, why, and at whose wish."""

    items: tuple[ReturnedItem, ...]
    refund_id: RefundId
    reason: str
    by: AccountId


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


def ended(order: Order, reason: str, *, kept: Set[ReservationId] = frozenset()) -> OrderCancelled:
    """Tell that the order is not sold (any more): `cancelled`, `expired` or `refunded`.

    At `refunded` the reservations are named as well that may have been made in the place of others, be it by a try that
    died before the order knew of them. `kept` are not named, since others have some of what they keep.
    """
    ids: tuple[UUID, ...] = tuple(id for id in order.reservation_ids if id not in kept)
    if reason == "refunded" and order.accept_other_seats:
        ids += tuple(
            replacement_id(order_id=order.id, reservation_id=each.id)
            for each in order.reservations
            if each.kind is ReservationKind.SEATS
        )
    return OrderCancelled(order_id=order.id, reservation_ids=ids, reason=reason)


def completed(order: Order, content: OrderContent) -> OrderCompleted:
    """Tell that passes are due, with all that they show."""
    shares = shares_of(content)
    return OrderCompleted(
        order_id=order.id,
        account_id=order.account_id,
        currency=content.currency,
        tickets=tuple(ordered_ticket(ticket) for ticket in content.tickets),
        seats=tuple(_seat(item, shares[item.id, 1]) for item in content.items if isinstance(item, SeatLine)),
        places=tuple(_places(item, shares) for item in content.items if isinstance(item, PlacesLine)),
        resold=tuple(_resold(item) for item in content.items if isinstance(item, ResaleLine)),
        complimentary=order.is_gift,
    )


def returned(
    order: Order, content: OrderContent, over: Over, *, free: Set[OrderItemId], remaining: Mapping[OrderItemId, int]
) -> ItemsReturned:
    """Tell that admissions of the order are over.

    Of resold items only those in `free` go back to the public. `remaining` says of the items of general admission, and
    of those that resold ones come from, how many places their buyers keep.
    """
    lines = {line.id: line for line in content.items}
    seats: dict[tuple[ReservationId, PlanId, OrderId], list[SeatId]] = {}
    places: dict[tuple[ReservationId, TicketId, OrderId, OrderItemId], int] = {}
    for item in over.items:
        line = lines[item.item_id]
        match line:
            case SeatLine():
                seats.setdefault((line.reservation_id, line.plan_id, order.id), []).append(line.seat_id)
            case PlacesLine():
                places[line.reservation_id, line.ticket_id, order.id, line.id] = item.quantity
            case ResaleLine() if line.id in free:
                root = line.root
                if line.seat is not None and root.plan_id is not None:
                    key = (root.reservation_id, root.plan_id, root.admission.order_id)
                    seats.setdefault(key, []).append(line.seat.seat_id)
                else:
                    first = (root.reservation_id, line.ticket_id, root.admission.order_id, root.admission.item_id)
                    places[first] = places.get(first, 0) + 1
            case ResaleLine():
                continue
    return ItemsReturned(
        order_id=order.id,
        refund_id=over.refund_id,
        order_item_ids=tuple(item.item_id for item in over.items),
        units=tuple(ReturnedUnits(order_item_id=item.item_id, units=item.units) for item in over.items),
        seats=tuple(
            ReturnedSeats(
                reservation_id=reservation_id,
                plan_id=plan_id,
                seat_ids=tuple(seat_ids),
                sold_to=None if sold_to == order.id else sold_to,
            )
            for (reservation_id, plan_id, sold_to), seat_ids in seats.items()
        ),
        places=tuple(
            ReturnedPlaces(
                reservation_id=reservation_id,
                ticket_id=ticket_id,
                quantity=quantity,
                remaining=remaining[item_id],
                sold_to=None if sold_to == order.id else sold_to,
            )
            for (reservation_id, ticket_id, sold_to, item_id), quantity in places.items()
        ),
        reason=over.reason,
        by=over.by,
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


def _seat(item: SeatLine, share: Share) -> OrderedSeat:
    return OrderedSeat(
        order_item_id=item.id,
        ticket_id=item.ticket_id,
        seat_id=item.seat_id,
        label=item.label,
        section=item.section,
        row=item.row,
        number=item.number,
        price_minor=item.price.amount_minor,
        discount_minor=share.discount_minor,
        fees_minor=share.fees_minor,
        tax_minor=share.tax_minor,
    )


def _places(item: PlacesLine, shares: Mapping[Unit, Share]) -> OrderedPlaces:
    each = [shares[item.id, unit] for unit in range(1, item.quantity + 1)]
    return OrderedPlaces(
        order_item_id=item.id,
        ticket_id=item.ticket_id,
        quantity=item.quantity,
        price_minor=item.unit_price.amount_minor,
        # As if each had the worst share of all, so that nobody is said to have paid more than they did.
        discount_minor=max(share.discount_minor for share in each),
        fees_minor=min(share.fees_minor for share in each),
        tax_minor=min(share.tax_minor for share in each),
    )


def _resold(item: ResaleLine) -> OrderedResale:
    return OrderedResale(
        order_item_id=item.id,
        ticket_id=item.ticket_id,
        listing_id=item.listing_id,
        pass_id=item.pass_id,
        price_minor=item.price.amount_minor,
        origin_order_id=item.origin.order_id,
        origin_order_item_id=item.origin.item_id,
        origin_unit=item.origin.unit,
    )

"""What orders tells the others, and what it answers."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class OrderedTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What an order admits to, as it was when it was ordered. Times are UTC, the zone is the place's (IANA)."""

    ticket_id: UUID
    title: str
    venue_id: UUID
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    event_time_zone: str
    venue_name: str


class OrderedSeat(msgspec.Struct, frozen=True, kw_only=True):
    """One admission of an order: a seat with its labels and its price in minor units of the order's currency.

    `discount_minor`, `fees_minor` and `tax_minor` are its share of what came off and of what the buyer paid on top:
    fees that are passed on, and tax that is not in the price.
    """

    order_item_id: UUID
    ticket_id: UUID
    seat_id: UUID
    label: str
    section: str
    row: str
    number: str
    price_minor: int
    discount_minor: int = 0
    fees_minor: int = 0
    tax_minor: int = 0


class OrderedPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """As many admissions without a seat; `price_minor` is for one of them, in minor units of the order's currency.

    So are `discount_minor` (rounded up), `fees_minor` and `tax_minor` (both rounded down): as in OrderedSeat.
    """

    order_item_id: UUID
    ticket_id: UUID
    quantity: int
    price_minor: int
    discount_minor: int = 0
    fees_minor: int = 0
    tax_minor: int = 0


class OrderedResale(msgspec.Struct, frozen=True, kw_only=True):
    """One admission that somebody else had: the pass `pass_id` ends, and the buyer gets one of this order instead.

    `origin_order_item_id` and `origin_unit` say which admission of which order that pass was.
    """

    order_item_id: UUID
    ticket_id: UUID
    listing_id: UUID
    pass_id: UUID
    price_minor: int
    origin_order_id: UUID
    origin_order_item_id: UUID
    origin_unit: int


class OrderCreated(Event, frozen=True, kw_only=True):
    """An order awaits its payment until `expires_at`."""

    event_type: ClassVar[str] = "orders.order.created"

    order_id: UUID
    account_id: UUID
    reservation_ids: tuple[UUID, ...]
    total_minor: int
    currency: str
    expires_at: datetime


class OrderCancelled(Event, frozen=True, kw_only=True):
    """An order is not sold (any more); `reason` is `cancelled`, `expired` or `refunded`.

    `reservation_ids` are all of the order's, whoever keeps them. At `refunded` what was sold goes back too: the money
    went back, or is about to because not everything could be sold; ids are among them then that may stand for nothing,
    and those are not of which something was resold: what else they had is told as ItemsReturned. The same order may be
    told of more than once.
    """

    event_type: ClassVar[str] = "orders.order.cancelled"

    order_id: UUID
    reservation_ids: tuple[UUID, ...]
    reason: str


class OrderCompleted(Event, frozen=True, kw_only=True):
    """An order was paid and all of it is sold: passes are due. Carries all that a pass shows.

    `tickets` has each ticket once that `seats`, `places` and `resold` are of. `complimentary` says that the organiser
    gave it away.
    """

    event_type: ClassVar[str] = "orders.order.completed"

    order_id: UUID
    account_id: UUID
    currency: str
    tickets: tuple[OrderedTicket, ...]
    seats: tuple[OrderedSeat, ...] = ()
    places: tuple[OrderedPlaces, ...] = ()
    resold: tuple[OrderedResale, ...] = ()
    complimentary: bool = False


class ReturnedSeats(msgspec.Struct, frozen=True, kw_only=True):
    """Seats of one reservation that go back to the public.

    `sold_to` is the order that the reservation is of, None for that of the event: a seat that was resold stays sold to
    the order that had it first.
    """

    reservation_id: UUID
    plan_id: UUID
    seat_ids: tuple[UUID, ...]
    sold_to: UUID | None = None


class ReturnedPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Places of one reservation that go back to the public; `remaining` is how many it keeps then, however often told.

    Of two events about a reservation the one with fewer remaining is the later one, whichever orders they are of.
    `sold_to` is as in ReturnedSeats.
    """

    reservation_id: UUID
    ticket_id: UUID
    quantity: int
    remaining: int
    sold_to: UUID | None = None


class ReturnedUnits(msgspec.Struct, frozen=True, kw_only=True):
    """Admissions of one order item that are over; counted from 1 within the item, as its passes are."""

    order_item_id: UUID
    units: tuple[int, ...]


class ItemsReturned(Event, frozen=True, kw_only=True):
    """Items of a sold order were refunded: their seats and places are free again, and their passes void.

    `units` names each of `order_item_ids`. The other items of the order stay as they are. `by` is whoever asked for it.
    Of a resold item no seat or place is among them before it is known that the old pass has ended: then the same items
    are told once more, with them.
    """

    event_type: ClassVar[str] = "orders.items.returned"

    order_id: UUID
    refund_id: UUID
    order_item_ids: tuple[UUID, ...]
    units: tuple[ReturnedUnits, ...]
    seats: tuple[ReturnedSeats, ...] = ()
    places: tuple[ReturnedPlaces, ...] = ()
    reason: str
    by: UUID


class OrderItemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An item of an order: a seat with its label, or as many admissions without one; `price_minor` is for one."""

    order_item_id: UUID
    ticket_id: UUID
    quantity: int
    label: str | None
    price_minor: int


class OrderStepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an order's history, as staff see it; `detail` says why, empty where there is no reason."""

    at: datetime
    step: str
    detail: str


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an order: who bought what, when, and what became of it.

    Amounts are in minor units of `currency`; both are None before everything was reserved.
    """

    order_id: UUID
    account_id: UUID
    status: str
    placed_at: datetime
    contact_email: str | None
    contact_name: str | None
    total_minor: int | None
    currency: str | None
    tickets: tuple[OrderedTicket, ...]
    items: tuple[OrderItemRecord, ...]
    history: tuple[OrderStepRecord, ...]


class OrdersApi(Protocol):
    """Questions about orders, from contexts that have asked who may know. No call is made inside a transaction."""

    @abstractmethod
    async def order(self, *, tenant_id: UUID, order_id: UUID) -> OrderRecord:
        """Return the order as it stands.

        Raises RefusedError `orders.not_found`, and LinkUnavailableError while orders cannot be asked.
        """

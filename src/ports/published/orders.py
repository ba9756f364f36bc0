"""What orders tells the others."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from ports.events import Event


class OrderedSeat(msgspec.Struct, frozen=True, kw_only=True):
    """One admission of an order: a seat with its labels and its price in minor units of the order's currency."""

    order_item_id: UUID
    seat_id: UUID
    label: str
    section: str
    row: str
    number: str
    price_minor: int


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
    """An order ended without being sold; `reason` is `cancelled`, `expired` or `refunded`."""

    event_type: ClassVar[str] = "orders.order.cancelled"

    order_id: UUID
    reservation_ids: tuple[UUID, ...]
    reason: str


class OrderCompleted(Event, frozen=True, kw_only=True):
    """An order was paid and its seats are sold: passes are due. Carries all that a pass shows."""

    event_type: ClassVar[str] = "orders.order.completed"

    order_id: UUID
    account_id: UUID
    ticket_id: UUID
    venue_id: UUID
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    event_time_zone: str
    venue_name: str
    currency: str
    seats: tuple[OrderedSeat, ...]

"""Items of orders as the API shows them."""

from typing import Literal
from uuid import UUID

import msgspec

from adapters.http.money import MoneyBody
from core.orders.content import OrderLine, PlacesLine, ResaleLine, SeatLine, seat_of
from core.orders.reservations import ReservationKind

type Kind = Literal["seats", "general-admission", "resale"]


class OrderItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A seat, or places of general admission, at the price they were held for; places have no seat and no labels.

    `listingId` is that of a pass that somebody else had (`resale`), and null otherwise.
    """

    id: UUID
    kind: Kind
    reservation_id: UUID
    ticket_id: UUID
    quantity: int
    unit_price: MoneyBody
    seat_id: UUID | None
    label: str | None
    section: str | None
    row: str | None
    number: str | None
    listing_id: UUID | None

    @staticmethod
    def of(item: OrderLine) -> "OrderItemBody":
        """Return the item as the API shows it."""
        seat = seat_of(item)
        return OrderItemBody(
            id=item.id,
            kind=_kind(item).value,
            reservation_id=item.reservation_id,
            ticket_id=item.ticket_id,
            quantity=item.quantity,
            unit_price=MoneyBody.of(item.unit_price),
            seat_id=seat.seat_id if seat else None,
            label=seat.label if seat else None,
            section=seat.section if seat else None,
            row=seat.row if seat else None,
            number=seat.number if seat else None,
            listing_id=item.listing_id if isinstance(item, ResaleLine) else None,
        )


def _kind(item: OrderLine) -> ReservationKind:
    match item:
        case SeatLine():
            return ReservationKind.SEATS
        case PlacesLine():
            return ReservationKind.GENERAL_ADMISSION
        case ResaleLine():
            return ReservationKind.RESALE

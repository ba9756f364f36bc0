"""Make the content of an order of what was reserved for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.content import (
    Discount,
    EventSnapshot,
    OrderContent,
    OrderedTicket,
    OrderLine,
    PlacesLine,
    ResaleLine,
    ResoldSeat,
    Root,
    SeatLine,
    seat_of,
)
from core.orders.errors import EmptyOrderError, OrderedEventCancelledError
from core.shared.ids import (
    ListingId,
    OrderItemId,
    PassId,
    PlanId,
    ReservationId,
    SeatId,
    TenantId,
    TicketId,
    VenueId,
)
from core.shared.money import Money, total
from ports.ids import IdSource
from ports.published.general_admission import PlacesReserved
from ports.published.resale import ResaleReserved
from ports.published.seating import SeatsReserved
from ports.published.ticketing import TicketingApi, TicketOnSale
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.pass_on import origin_of


@dataclass(frozen=True, slots=True)
class PriceOrder:
    """For PlaceOrder: one item for each seat, and one for the places of each reservation of general admission."""

    ticketing: TicketingApi
    charge: ChargeOrder
    ids: IdSource

    def items(self, reserved: Sequence[SeatsReserved | PlacesReserved]) -> tuple[OrderLine, ...]:
        """Return the items, priced as when they were held; raises EmptyOrderError and MixedCurrenciesError."""
        items = tuple(line for each in reserved for line in self._lines(each))
        if not items:
            raise EmptyOrderError
        total(item.unit_price for item in items)
        return items

    async def __call__(
        self, tenant_id: TenantId, items: tuple[OrderLine, ...], *, discounts: tuple[Discount, ...] = ()
    ) -> OrderContent:
        """Return the content of the items less the discounts, with the tickets, fees and taxes as they are now.

        What others had costs just what it was listed for. Raises RefusedError for a ticket that is not there or an
        order that cannot be taxed, ResaleApartError, and OrderedEventCancelledError.
        """
        ticket_ids = dict.fromkeys(item.ticket_id for item in items)
        tickets = [await self._ticket(tenant_id, ticket_id) for ticket_id in ticket_ids]
        content = OrderContent(tickets=tuple(tickets), items=items, discounts=discounts)
        return content if content.is_resale else await self.charge(tenant_id, content)

    def resold(
        self, reserved: Sequence[ResaleReserved], roots: Sequence[tuple[Root, OrderLine]]
    ) -> tuple[OrderLine, ...]:
        """Return the items of passes that others had, at their listed prices; raises MixedCurrenciesError.

        `roots` says of each where it was first sold, and which item it was of.
        """
        items = tuple(self._resold(each, *root) for each, root in zip(reserved, roots, strict=True))
        total(item.unit_price for item in items)
        return items

    def _resold(self, reserved: ResaleReserved, root: Root, was: OrderLine) -> ResaleLine:
        seat = seat_of(was)
        return ResaleLine(
            id=OrderItemId(self.ids.new()),
            reservation_id=ReservationId(reserved.reservation_id),
            ticket_id=was.ticket_id,
            listing_id=ListingId(reserved.listing_id),
            pass_id=PassId(reserved.pass_id),
            price=Money(reserved.price_minor, reserved.currency),
            escrow=reserved.escrow,
            origin=origin_of(reserved),
            root=root,
            seat=ResoldSeat(seat.seat_id, seat.label, seat.section, seat.row, seat.number) if seat else None,
        )

    async def _ticket(self, tenant_id: TenantId, ticket_id: TicketId) -> OrderedTicket:
        ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=ticket_id)
        must_take_place(ticket)
        return ordered_ticket(ticket)

    def _lines(self, reserved: SeatsReserved | PlacesReserved) -> list[OrderLine]:
        reservation_id, ticket_id = ReservationId(reserved.reservation_id), TicketId(reserved.ticket_id)
        if isinstance(reserved, PlacesReserved):
            return [
                PlacesLine(
                    id=OrderItemId(self.ids.new()),
                    reservation_id=reservation_id,
                    ticket_id=ticket_id,
                    quantity=reserved.quantity,
                    unit_price=Money(reserved.price_minor, reserved.currency),
                )
            ]
        return [
            SeatLine(
                id=OrderItemId(self.ids.new()),
                reservation_id=reservation_id,
                ticket_id=ticket_id,
                plan_id=PlanId(reserved.plan_id),
                seat_id=SeatId(seat.seat_id),
                label=seat.label,
                section=seat.section,
                row=seat.row,
                number=seat.number,
                price=Money(seat.price_minor, seat.currency),
            )
            for seat in reserved.seats
        ]


def must_take_place(ticket: TicketOnSale) -> None:
    """Raise OrderedEventCancelledError for a ticket whose event was cancelled."""
    if ticket.status == "cancelled":
        raise OrderedEventCancelledError(ticket.event.title)


def ordered_ticket(ticket: TicketOnSale) -> OrderedTicket:
    """Return the ticket as an order keeps it."""
    event = ticket.event
    return OrderedTicket(
        ticket_id=TicketId(ticket.ticket_id),
        title=ticket.title,
        event=EventSnapshot(
            title=event.title,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            time_zone=event.time_zone,
            venue_id=VenueId(event.venue_id),
            venue_name=event.venue_name,
        ),
    )

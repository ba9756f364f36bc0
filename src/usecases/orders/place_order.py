"""Place an order for seats that are held."""

from dataclasses import dataclass

from core.orders.contact import Contact
from core.orders.content import EventSnapshot, OrderContent, SeatLine
from core.orders.errors import ContactRequiredError, OrderExpiredError, ReservationOrderedError
from core.orders.order import Order
from core.orders.statuses import OrderStatus
from core.orders.terms import OrderTerms
from core.shared.callers import Caller
from core.shared.errors import DomainError
from core.shared.ids import (
    OrderId,
    OrderItemId,
    PlanId,
    ReservationId,
    SeatId,
    TenantId,
    TicketId,
    VenueId,
)
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.orders import OrderTransactions
from ports.published.refusals import RefusedError
from ports.published.seating import SeatingApi, SeatsReserved
from ports.published.ticketing import TicketingApi
from usecases.orders.access import locked_order
from usecases.orders.announcements import created, ended


@dataclass(frozen=True, slots=True)
class SeatsToOrder:
    """A hold of seats that is to be ordered; the token proves the hold of someone without an account."""

    reservation_id: ReservationId
    hold_token: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Open to every signed-in buyer and guest; a guest has to give a contact.

    The order is recorded first, then its seats are reserved under its id, then it awaits its payment. Placing it again
    answers the same order, and goes on where an earlier try was cut off.
    """

    transactions: OrderTransactions
    seating: SeatingApi
    ticketing: TicketingApi
    clock: Clock
    ids: IdSource
    terms: OrderTerms

    async def __call__(self, caller: Caller, seats: SeatsToOrder, contact: Contact | None) -> Order:
        """Return the order that awaits its payment.

        Raises ContactRequiredError, OrderExpiredError, and RefusedError with what seating or ticketing says; the
        order is CANCELLED after a refusal, and the reservation is free for another order.
        """
        if caller.guest and contact is None:
            raise ContactRequiredError
        order = await self._recorded(caller, seats.reservation_id, contact)
        if order.status is not OrderStatus.PENDING:
            return order
        if order.is_due(self.clock.now()):
            raise OrderExpiredError
        try:
            reserved = await self._reserve(caller, order, seats)
        except RefusedError as refusal:
            await self._refused(caller.tenant_id, order.id, refusal.refusal_code, seats_reserved=False)
            raise
        try:
            content = await self._priced(caller.tenant_id, reserved)
        except RefusedError as refusal:
            await self._refused(caller.tenant_id, order.id, refusal.refusal_code, seats_reserved=True)
            raise
        except DomainError as refusal:
            await self._refused(caller.tenant_id, order.id, refusal.code, seats_reserved=True)
            raise
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await locked_order(tx, order.id)
            if order.status is OrderStatus.PENDING:
                now = self.clock.now()
                order = order.await_payment(content, now=now)
                await tx.orders.save(order)
                await tx.outbox.add(created(order, content), subject=order.id, at=now)
        return order

    async def _recorded(self, caller: Caller, reservation_id: ReservationId, contact: Contact | None) -> Order:
        order = Order.place(
            OrderId(self.ids.new()),
            account_id=caller.account_id,
            reservation_id=reservation_id,
            contact=contact,
            now=self.clock.now(),
            terms=self.terms,
        )
        try:
            async with self.transactions.begin(caller.tenant_id) as tx:
                earlier = await tx.orders.live_of(reservation_id, caller.account_id)
                if earlier is not None:
                    return earlier
                await tx.orders.add(order)
        except ReservationOrderedError:
            # Another request of the same buyer was quicker; its order is the one.
            async with self.transactions.begin(caller.tenant_id) as tx:
                earlier = await tx.orders.live_of(reservation_id, caller.account_id)
            if earlier is None:
                raise
            return earlier
        return order

    async def _reserve(self, caller: Caller, order: Order, seats: SeatsToOrder) -> SeatsReserved:
        return await self.seating.reserve(
            tenant_id=caller.tenant_id,
            reservation_id=seats.reservation_id,
            order_id=order.id,
            account_id=caller.account_id,
            hold_token=seats.hold_token,
            until=order.expires_at,
        )

    async def _priced(self, tenant_id: TenantId, reserved: SeatsReserved) -> OrderContent:
        ticket = await self.ticketing.ticket(tenant_id=tenant_id, ticket_id=reserved.ticket_id)
        return OrderContent(
            ticket_id=TicketId(reserved.ticket_id),
            plan_id=PlanId(reserved.plan_id),
            event=EventSnapshot(
                title=ticket.event.title,
                starts_at=ticket.event.starts_at,
                ends_at=ticket.event.ends_at,
                time_zone=ticket.event.time_zone,
                venue_id=VenueId(ticket.event.venue_id),
                venue_name=ticket.event.venue_name,
            ),
            items=tuple(
                SeatLine(
                    id=OrderItemId(self.ids.new()),
                    seat_id=SeatId(seat.seat_id),
                    label=seat.label,
                    section=seat.section,
                    row=seat.row,
                    number=seat.number,
                    price=Money(seat.price_minor, seat.currency),
                )
                for seat in reserved.seats
            ),
        )

    async def _refused(self, tenant_id: TenantId, order_id: OrderId, code: str, *, seats_reserved: bool) -> None:
        async with self.transactions.begin(tenant_id) as tx:
            order = await locked_order(tx, order_id)
            if order.status is not OrderStatus.PENDING:
                return
            now = self.clock.now()
            order = order.refuse(code, now=now)
            await tx.orders.save(order)
            if seats_reserved:
                await tx.outbox.add(ended(order, "cancelled"), subject=order.id, at=now)

"""Passes follow sold seats to other places in the hall."""

from dataclasses import dataclass
from typing import override

from core.admission.passes import AdmittedSeat
from core.shared.ids import OrderId, SeatId, TicketId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.seating import SeatsMoved
from usecases.admission.deliveries import tenant_of


class PassesNotIssuedError(Exception):
    """The order's passes are still to come: the event is tried again."""


@dataclass(frozen=True, slots=True)
class MovePasses(Consumer[SeatsMoved]):
    """For events. Whoever has the seat's pass now, also after a resale, has it for the new place; old codes are void.

    Seats are moved when they are sold, so that the order has passes, or gets them in a moment, with the old places;
    until then this fails, and is tried again. An order that was refunded never gets any.
    """

    admission: AdmissionTransactions
    clock: Clock

    @override
    async def __call__(self, event: SeatsMoved, delivery: Delivery) -> None:
        now = self.clock.now()
        order_id = OrderId(event.order_id)
        places = {SeatId(seat.seat_id): seat.after for seat in event.seats}
        async with self.admission.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="admission.move_passes", at=now):
                return
            standing = await tx.orders.note(order_id)  # The lock under which passes are issued.
            issued = {each.seat.seat_id for each in await tx.passes.of_order(order_id) if each.seat is not None}
            returned = await tx.passes.returned(order_id)
            if standing.refunded_at is None and not returned and not places.keys() <= issued:
                raise PassesNotIssuedError(f"the passes of order {order_id} are still to be issued")
            for found in await tx.passes.lock_of_seats(TicketId(event.ticket_id), list(places)):
                if found.seat is None:
                    continue
                place = places[found.seat.seat_id]
                seat = AdmittedSeat(found.seat.seat_id, place.label, place.section, place.row, place.number)
                await tx.passes.save(found.moved(seat))

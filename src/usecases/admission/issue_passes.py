"""Turn a paid order into passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override

from core.admission.disputes import DISPUTED, DisputeStanding, standing_of
from core.admission.passes import AdmittedEvent, AdmittedSeat, Pass
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money
from ports.admission import AdmissionTransactions, PassSigner
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.ids import IdSource
from ports.published.admission import PassesIssued
from ports.published.orders import OrderCompleted, OrderedTicket
from usecases.admission.deliveries import tenant_of

_CONSUMER = "admission.issue_passes"


@dataclass(frozen=True, slots=True)
class IssuePasses(Consumer[OrderCompleted]):
    """For events. One pass a seat and one a place without a seat, once, however often and in whatever order news comes.

    An order that was refunded, or whose money the buyer's bank took back, gets none; one that is disputed gets frozen
    ones; and items that were given back get none either, even when the refund was
    heard of first.
    """

    admission: AdmissionTransactions
    signer: PassSigner
    ids: IdSource
    clock: Clock

    @override
    async def __call__(self, event: OrderCompleted, delivery: Delivery) -> None:
        tenant_id = tenant_of(delivery)
        now = self.clock.now()
        async with self.admission.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=now):
                return
            standing = await tx.orders.note(OrderId(event.order_id), account_id=AccountId(event.account_id))
            disputes = await tx.disputes.of_order(OrderId(event.order_id))
            if standing.refunded_at is not None or standing_of(disputes) is DisputeStanding.LOST:
                return
            # In one order for all, so that two sales of the same new events wait for one another and never both.
            for ticket_id in sorted(TicketId(ticket.ticket_id) for ticket in event.tickets):
                if await tx.keys.of_ticket(ticket_id) is None:
                    await tx.keys.add_first(self.signer.new_key(tenant_id, ticket_id, at=now))
            returned = await tx.passes.returned(OrderId(event.order_id))
            due = [each for each in self._passes_of(event, now=now) if (each.order_item_id, each.unit) not in returned]
            issued = await tx.passes.add_missing(due)
            if standing_of(disputes) is DisputeStanding.OPEN:
                await tx.passes.freeze_order(OrderId(event.order_id), reason=DISPUTED, at=now)
            if issued:
                told = PassesIssued(order_id=event.order_id, pass_ids=tuple(issued))
                await tx.outbox.add(told, subject=event.order_id, at=now)

    def _passes_of(self, event: OrderCompleted, *, now: datetime) -> Sequence[Pass]:
        admitted = {ticket.ticket_id: _admitted_event(ticket) for ticket in event.tickets}
        blanks = [
            (seat, 1, AdmittedSeat(SeatId(seat.seat_id), seat.label, seat.section, seat.row, seat.number))
            for seat in event.seats
        ] + [(places, unit, None) for places in event.places for unit in range(1, places.quantity + 1)]
        return [
            Pass(
                id=PassId(self.ids.new()),
                order_id=OrderId(event.order_id),
                order_item_id=OrderItemId(item.order_item_id),
                account_id=AccountId(event.account_id),
                event=admitted[item.ticket_id],
                seat=seat,
                face_value=Money(item.price_minor, event.currency),
                issued_at=now,
                unit=unit,
            )
            for item, unit, seat in blanks
        ]


def _admitted_event(ticket: OrderedTicket) -> AdmittedEvent:
    return AdmittedEvent(
        ticket_id=TicketId(ticket.ticket_id),
        ticket_title=ticket.title,
        title=ticket.event_title,
        starts_at=ticket.event_starts_at,
        ends_at=ticket.event_ends_at,
        time_zone=ticket.event_time_zone,
        venue_id=VenueId(ticket.venue_id),
        venue_name=ticket.venue_name,
    )

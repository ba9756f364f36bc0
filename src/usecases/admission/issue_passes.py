"""Turn a paid order into passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override

from core.admission.passes import AdmittedEvent, AdmittedSeat, Pass
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money
from ports.admission import AdmissionTransactions, PassSigner
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.ids import IdSource
from ports.published.admission import PassesIssued
from ports.published.orders import OrderCompleted
from usecases.admission.deliveries import tenant_of

_CONSUMER = "admission.issue_passes"


@dataclass(frozen=True, slots=True)
class IssuePasses(Consumer[OrderCompleted]):
    """For events. One pass for each item of the order, once, however often and in whatever order the news comes.

    An order whose money went back gets none, even when the refund was heard of first.
    """

    admission: AdmissionTransactions
    signer: PassSigner
    ids: IdSource
    clock: Clock

    @override
    async def __call__(self, event: OrderCompleted, delivery: Delivery) -> None:
        tenant_id = tenant_of(delivery)
        now = self.clock.now()
        order_id, ticket_id = OrderId(event.order_id), TicketId(event.ticket_id)
        async with self.admission.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=now):
                return
            standing = await tx.orders.note(order_id, account_id=AccountId(event.account_id))
            if standing.refunded_at is not None:
                return
            if await tx.keys.of_ticket(ticket_id) is None:
                await tx.keys.add_first(self.signer.new_key(tenant_id, ticket_id, at=now))
            issued = await tx.passes.add_missing(self._passes_of(event, now=now))
            if issued:
                told = PassesIssued(order_id=event.order_id, pass_ids=tuple(issued))
                await tx.outbox.add(told, subject=event.order_id, at=now)

    def _passes_of(self, event: OrderCompleted, *, now: datetime) -> Sequence[Pass]:
        admitted = AdmittedEvent(
            ticket_id=TicketId(event.ticket_id),
            title=event.event_title,
            starts_at=event.event_starts_at,
            ends_at=event.event_ends_at,
            time_zone=event.event_time_zone,
            venue_id=VenueId(event.venue_id),
            venue_name=event.venue_name,
        )
        return [
            Pass(
                id=PassId(self.ids.new()),
                order_id=OrderId(event.order_id),
                order_item_id=OrderItemId(seat.order_item_id),
                account_id=AccountId(event.account_id),
                event=admitted,
                seat=AdmittedSeat(
                    seat_id=SeatId(seat.seat_id),
                    label=seat.label,
                    section=seat.section,
                    row=seat.row,
                    number=seat.number,
                ),
                face_value=Money(seat.price_minor, event.currency),
                issued_at=now,
            )
            for seat in event.seats
        ]

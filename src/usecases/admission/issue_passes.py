"""Turn a paid order into passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override

from core.admission.disputes import DISPUTED, DisputeStanding, standing_of
from core.admission.passes import AdmittedEvent, AdmittedSeat, FirstSale, Pass
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money
from ports.admission import AdmissionTransactions, PassSigner
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.ids import IdSource
from ports.published.admission import PassesIssued
from ports.published.orders import OrderCompleted, OrderedPlaces, OrderedSeat, OrderedTicket
from usecases.admission.announcements import tell_stopped
from usecases.admission.deliveries import tenant_of
from usecases.admission.reissue_passes import ReissuePasses

_CONSUMER = "admission.issue_passes"


@dataclass(frozen=True, slots=True)
class IssuePasses(Consumer[OrderCompleted]):
    """For events. One pass a seat and one a place without a seat, once, however often and in whatever order news comes.

    An order that was refunded, or whose money the buyer's bank took back, gets none; one that is disputed gets frozen
    ones; and items that were given back get none either, even when the refund was heard of first. An admission that
    somebody else had changes hands instead: see ReissuePasses.
    """

    admission: AdmissionTransactions
    signer: PassSigner
    ids: IdSource
    clock: Clock
    reissue: ReissuePasses

    @override
    async def __call__(self, event: OrderCompleted, delivery: Delivery) -> None:
        tenant_id = tenant_of(delivery)
        now = self.clock.now()
        order_id = OrderId(event.order_id)
        async with self.admission.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=now):
                return
            standing = await tx.orders.note(order_id, account_id=AccountId(event.account_id))
            disputes = standing_of(await tx.disputes.of_order(order_id))
            over = disputes is DisputeStanding.LOST or standing.refunded_at is not None
            returned = await tx.passes.returned(order_id)
            issued = await self.reissue(tx, event, order_over=over, at=now)
            if not over:
                # In one order for all, so that two sales of the same new events wait for one another and never both.
                for ticket_id in sorted(TicketId(ticket.ticket_id) for ticket in event.tickets):
                    if await tx.keys.of_ticket(ticket_id) is None:
                        await tx.keys.add_first(self.signer.new_key(tenant_id, ticket_id, at=now))
                passes = self._passes_of(event, now=now)
                due = [each for each in passes if (each.order_item_id, each.unit) not in returned]
                issued = [*issued, *await tx.passes.add_missing(due)]
            if issued:
                told = PassesIssued(order_id=event.order_id, pass_ids=tuple(issued))
                await tx.outbox.add(told, subject=event.order_id, at=now)
            if disputes is DisputeStanding.OPEN:
                frozen = await tx.passes.freeze_order(order_id, reason=DISPUTED, at=now)
                await tell_stopped(tx, order_id, frozen, reason=DISPUTED, over=False, at=now)

    def _passes_of(self, event: OrderCompleted, *, now: datetime) -> Sequence[Pass]:
        admitted = {ticket.ticket_id: _admitted_event(ticket) for ticket in event.tickets}
        blanks: list[tuple[OrderedSeat | OrderedPlaces, int, AdmittedSeat | None]] = [
            (seat, 1, AdmittedSeat(SeatId(seat.seat_id), seat.label, seat.section, seat.row, seat.number))
            for seat in event.seats
        ]
        blanks += [(places, unit, None) for places in event.places for unit in range(1, places.quantity + 1)]
        return [
            Pass(
                id=pass_id,
                order_id=OrderId(event.order_id),
                order_item_id=OrderItemId(item.order_item_id),
                account_id=AccountId(event.account_id),
                event=admitted[item.ticket_id],
                seat=seat,
                face_value=Money(item.price_minor, event.currency),
                issued_at=now,
                first_sale=_first_sale(item, complimentary=event.complimentary, at=now),
                lineage_id=pass_id,
                unit=unit,
                paid_minor=max(item.price_minor - item.discount_minor, 0) + item.fees_minor + item.tax_minor,
            )
            for item, unit, seat in blanks
            for pass_id in [PassId(self.ids.new())]
        ]


def _first_sale(item: OrderedSeat | OrderedPlaces, *, complimentary: bool, at: datetime) -> FirstSale:
    """Nothing that could be left out is sold with a place yet, and a pass shows its face value without the fees."""
    return FirstSale(
        sold_at=at,
        discount_minor=item.discount_minor,
        mandatory_fees_minor=item.fees_minor,
        optional_minor=0,
        tax_minor=item.tax_minor,
        fee_printed=False,
        complimentary=complimentary,
    )


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

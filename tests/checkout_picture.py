"""Everything of a checkout at one moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.admission.passes import Pass
from core.orders.content import OrderContent, OrderLine, ResaleLine
from core.orders.order import Order
from core.orders.passing_on import PassedOn
from core.orders.refund_policy import RefundReason
from core.orders.refunds import OrderRefund, RefundStatus, all_returned, units_returned
from core.orders.shares import Unit
from core.orders.statuses import OrderStatus
from core.payments.dispute import ProviderDispute
from core.payments.intent import Intent
from core.payments.ledger import Posting
from core.payments.payment import Payment
from core.payments.refund import ProviderRefund, Refund
from core.payments.refund import RefundStatus as MoneyStatus
from core.seating.reservations import Reservation
from core.seating.seats import SeatState
from core.shared.ids import OrderId, ReservationId, SeatId
from core.ticketing.errors import PlacesNotFoundError
from core.ticketing.places import PlacesReservation, Stock
from ports.admission import AdmissionTransactions
from ports.orders import OrderTransactions
from ports.payments import PaymentTransactions
from ports.published.payments import whole_refund_id
from ports.published.seating import replacement_id
from ports.seating import SeatingTransactions
from ports.ticketing import PlacesLedger
from tests.checkout_market_picture import Market, market_of
from tests.checkout_world import TENANT, Checkout, orders_of


@dataclass(frozen=True)
class Picture:
    """Everything at one moment, read past the life of the processes. Amounts are in minor units."""

    now: datetime
    orders: list[Order]
    payments: dict[OrderId, Payment]
    trail: dict[OrderId, int]
    book: dict[OrderId, list[Posting]]
    money_refunds: dict[OrderId, list[Refund]]
    refunds: dict[OrderId, list[OrderRefund]]
    elsewhere: dict[OrderId, int]
    intents: dict[OrderId, list[Intent]]
    entries: dict[ReservationId, Reservation]
    seats: dict[SeatId, SeatState]
    places: dict[ReservationId, PlacesReservation]
    stock: Stock
    passes: dict[OrderId, list[Pass]]
    uses: dict[str, int]
    disputes: dict[OrderId, list[ProviderDispute]]
    passed_on: list[PassedOn]
    market: Market

    def taken(self, order: Order) -> int:
        return sum(intent.received_minor for intent in self.intents.get(order.id, []))

    def kept(self, order: Order) -> int:
        """What the provider has of the buyer's money."""
        return self.taken(order) - self.refunded(order) - self.with_bank(order)

    def refunded(self, order: Order) -> int:
        return sum(intent.refunded_minor for intent in self.intents.get(order.id, []))

    def with_bank(self, order: Order) -> int:
        """What the buyer's bank has taken, for now or for good."""
        return -sum(moved.amount.amount_minor for each in self.disputes.get(order.id, []) for moved in each.movements)

    def returned(self, order: Order) -> frozenset[Unit]:
        """The admissions that are back with the public."""
        return units_returned(self.refunds[order.id])

    def owned(self, order: Order) -> dict[OrderLine, int]:
        """What the buyer still has: of each item so many. A resold one is theirs since it was passed on to them."""
        items = content_of(order).items
        came = {each.to_item_id for each in self.passed_on if each.to_order_id == order.id}
        gone = self.returned(order) | {each.unit for each in self.passed_on if each.origin.order_id == order.id}
        return {
            item: sum((item.id, unit) not in gone for unit in range(1, item.quantity + 1))
            for item in items
            if not isinstance(item, ResaleLine) or item.id in came
        }

    def price(self, order: Order) -> int:
        """What is to be kept of the buyer's money in the end.

        What went back in the provider's pages can be the very money of a refund of ours that failed there, and so can
        what a bank took.
        """
        if order.is_uncharged or order.content is None:
            return 0
        refunds = self.refunds[order.id]
        if order.status is not OrderStatus.CONFIRMED and not all_returned(order.content, refunds):
            return 0
        ours = [each for each in refunds if each.reason is not RefundReason.DISPUTE_LOST]
        given = sum(each.amount.amount_minor for each in ours if each.status is RefundStatus.SUCCEEDED)
        return max(0, order.content.total.amount_minor - given - self.elsewhere[order.id] - self.with_bank(order))

    def moments(self) -> Iterator[datetime]:
        """When something is to be looked at again."""
        yield from (order.due_at for order in self.orders if order.due_at)
        yield from (payment.check_at for payment in self.payments.values() if payment.check_at)
        yield from (each.due_at for refunds in self.refunds.values() for each in refunds if each.due_at)
        yield from (each.check_at for refunds in self.money_refunds.values() for each in refunds if each.check_at)
        yield from self.market.moments()


async def look_at(checkout: Checkout) -> Picture:
    watch = checkout.observer
    orders = await orders_of(watch)
    payments: dict[OrderId, Payment] = {}
    trail: dict[OrderId, int] = {}
    book: dict[OrderId, list[Posting]] = {}
    money_refunds: dict[OrderId, list[Refund]] = {}
    async with (await watch.get("payment", PaymentTransactions)).begin(TENANT) as money:
        for order in orders:
            payment = await money.payments.lock_of_order(order.id)
            if payment is not None:
                payments[order.id] = payment
                records = await money.payments.records(payment.id)
                trail[order.id] = sum(kept.record.movement_minor for kept in records)
                book[order.id] = list(await money.ledger.of_payment(payment.id))
                money_refunds[order.id] = list(await money.refunds.of_payment(payment.id))
    async with (await watch.get("order", OrderTransactions)).begin(TENANT) as tx:
        refunds = {order.id: list(await tx.refunds.of_order(order.id)) for order in orders}
        passed_on = [each for order in orders for each in await tx.passed_on.by_order(order.id)]
        uses = await tx.vouchers.uses_in_all(list(checkout.vouchers.values()))
    others = [
        ReservationId(replacement_id(order_id=order.id, reservation_id=each))
        for order in orders
        if order.accept_other_seats
        for each in checkout.reservation_ids
    ]
    async with (await watch.get("venue", SeatingTransactions)).begin(TENANT) as hall:
        entries = await hall.seats.lock_all([*checkout.reservation_ids, *others], wait=True)
        seats = {seat.id: state for seat, state in await hall.seats.seat_map(checkout.plan.id)}
    passes: dict[OrderId, list[Pass]] = {}
    async with (await watch.get("admission", AdmissionTransactions)).begin(TENANT) as gate:
        for order in orders:
            passes[order.id] = list(await gate.passes.of_order(order.id))
    owners = {payment.id: order_id for order_id, payment in payments.items()}
    intents: dict[OrderId, list[Intent]] = {}
    for intent in checkout.intents:
        if intent.payment_id in owners:
            intents.setdefault(owners[intent.payment_id], []).append(intent)
    bank = checkout.gateway.bank
    ledger = await watch.get("ticket", PlacesLedger)
    return Picture(
        now=checkout.clock.now(),
        orders=orders,
        payments=payments,
        trail=trail,
        book=book,
        money_refunds=money_refunds,
        refunds=refunds,
        elsewhere={
            order.id: sum(
                _elsewhere(
                    checkout,
                    intents.get(order.id, []),
                    asked_for={whole_refund_id(order.id), *(refund.id for refund in refunds[order.id])},
                )
            )
            for order in orders
        },
        intents=intents,
        entries={entry.reservation.id: entry.reservation for entry in entries},
        seats=seats,
        places=await _places(checkout, ledger),
        stock=await ledger.stock(TENANT, checkout.standing.id),
        passes=passes,
        uses={code: uses.get(id, 0) for code, id in checkout.vouchers.items()},
        disputes={id: [one for intent in found for one in bank.of(intent.id)] for id, found in intents.items()},
        passed_on=passed_on,
        market=await market_of(checkout, payments),
    )


def _elsewhere(checkout: Checkout, intents: list[Intent], *, asked_for: set[UUID]) -> Iterator[int]:
    """Yield what went back that orders never asked for.

    One that was made in the provider's pages and failed may have been made again by us, for staff: it bears our name.
    """
    for intent in intents:
        made: tuple[ProviderRefund, ...] = checkout.gateway.desk.of(intent.id)
        others = [one for one in made if one.refund_id not in asked_for and one.status is not MoneyStatus.FAILED]
        yield sum(one.amount.amount_minor for one in others)


async def _places(checkout: Checkout, ledger: PlacesLedger) -> dict[ReservationId, PlacesReservation]:
    found: dict[ReservationId, PlacesReservation] = {}
    for id in checkout.reservation_ids:
        try:
            found[id] = await ledger.get(TENANT, id)
        except PlacesNotFoundError:
            continue
    return found


def content_of(order: Order) -> OrderContent:
    assert order.content is not None
    return order.content

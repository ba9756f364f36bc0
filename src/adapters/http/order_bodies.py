"""Orders as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from adapters.http.events import EventBody
from adapters.http.money import MoneyBody
from adapters.http.order_item_bodies import Kind, OrderItemBody
from core.orders.content import Discount, EventSnapshot, Fee, OrderContent, OrderedTicket, Tax
from core.orders.history import HistoryEntry, Step
from core.orders.order import Order
from core.orders.refund_policy import RefundReason
from core.orders.reservations import ReservationKind
from core.shared.ids import ReservationId
from ports.published.payments import PaymentMethod
from usecases.orders.place_order import HoldToOrder

RESERVATIONS_MAX = 10

_NEUTRAL = {
    Step.DISPUTED: "payment_under_review",
    Step.DISPUTE_WON: "payment_review_ended",
    Step.DISPUTE_LOST: "payment_reversed",
}


class ReservationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be ordered: a hold, with its token where the hold was not made by this account.

    `resale` is the purchase of a listed pass; it is ordered apart from the other kinds.
    """

    kind: Kind
    reservation_id: UUID
    hold_token: Annotated[str, Meta(min_length=1, max_length=200)] | None = None

    def hold(self) -> HoldToOrder:
        """Return the hold as it was named."""
        return HoldToOrder(ReservationId(self.reservation_id), self.hold_token, ReservationKind(self.kind))


class ContactBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to write to; a guest has to say."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["ann@example.org"])]
    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None


class PlaceOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An order to be placed: for seats of one or several plans, general admission, or both, in one currency."""

    reservations: Annotated[
        list[ReservationBody], Meta(min_length=1, max_length=RESERVATIONS_MAX, description="Each of them once.")
    ]
    contact: ContactBody | None = None
    voucher_code: Annotated[str, Meta(min_length=1, max_length=100, examples=["EARLY-10"])] | None = None
    accept_other_seats: Annotated[
        bool,
        Meta(
            description="Whether the buyer will have seats as good as these, at the same price and side by side where "
            "these are, should the payment succeed after they have gone. Without it, the money goes back then."
        ),
    ] = False

    def holds(self) -> tuple[HoldToOrder, ...]:
        """Return what is to be ordered, as it was named."""
        return tuple(each.hold() for each in self.reservations)


class PayOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How the buyer will pay."""

    method: PaymentMethod


class OrderReservationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One reservation that the order stands on."""

    kind: Kind
    reservation_id: UUID


class OrderTicketBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A ticket that items of the order are of, as it was when it was ordered."""

    id: UUID
    title: str
    event: EventBody

    @staticmethod
    def of(ticket: OrderedTicket) -> "OrderTicketBody":
        """Return the ticket as the API shows it."""
        return OrderTicketBody(id=ticket.ticket_id, title=ticket.title, event=_event(ticket.event))


class DiscountBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount that is taken off the items."""

    code: str
    name: str
    amount: MoneyBody

    @staticmethod
    def of(discount: Discount) -> "DiscountBody":
        """Return the discount as the API shows it."""
        return DiscountBody(code=discount.code, name=discount.name, amount=MoneyBody.of(discount.amount))


class FeeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount for a service; the total includes it when it is passed on to the buyer."""

    code: str
    name: str
    amount: MoneyBody
    passed_on: bool

    @staticmethod
    def of(fee: Fee) -> "FeeBody":
        """Return the fee as the API shows it."""
        return FeeBody(code=fee.code, name=fee.name, amount=MoneyBody.of(fee.amount), passed_on=fee.passed_on)

    @staticmethod
    def of_order(content: OrderContent, *, for_staff: bool) -> "tuple[FeeBody, ...]":
        """Return the fees of an order; those that the organiser absorbs are shown to staff alone."""
        return tuple(FeeBody.of(fee) for fee in content.fees if fee.passed_on or for_staff)


class TaxBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A tax, its rate in hundredths of a percent; the total adds it unless the prices include it."""

    code: str
    name: str
    rate_basis_points: int
    amount: MoneyBody
    included: bool

    @staticmethod
    def of(tax: Tax) -> "TaxBody":
        """Return the tax as the API shows it."""
        return TaxBody(
            code=tax.code,
            name=tax.name,
            rate_basis_points=tax.rate_basis_points,
            amount=MoneyBody.of(tax.amount),
            included=tax.included,
        )


class OrderStepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step in the life of an order; `detail` says why, where there is a reason."""

    at: datetime
    step: str
    detail: str | None

    @staticmethod
    def of(entry: HistoryEntry, *, for_staff: bool) -> "OrderStepBody":
        """Return the step as the API shows it; of disputes a buyer reads no more than that the payment is reviewed."""
        if not for_staff and entry.step in _NEUTRAL:
            return OrderStepBody(at=entry.at, step=_NEUTRAL[entry.step], detail=None)
        detail = entry.detail if for_staff or entry.detail != RefundReason.DISPUTE_LOST else ""
        return OrderStepBody(at=entry.at, step=entry.step.value, detail=detail or None)


class OrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order. `total` and `event` are null until everything is reserved; `history` is given for one order only.

    `tickets` has the event of each item, and `event` is that of the first one. `total` is the items less the discounts,
    plus the fees that are passed on, plus the taxes that are not included.
    """

    id: UUID
    status: Literal["PENDING", "AWAITING_PAYMENT", "CONFIRMED", "CANCELLED", "EXPIRED"]
    reservation_ids: tuple[UUID, ...]
    reservations: tuple[OrderReservationBody, ...]
    items: tuple[OrderItemBody, ...]
    tickets: tuple[OrderTicketBody, ...]
    discounts: tuple[DiscountBody, ...]
    fees: tuple[FeeBody, ...]
    taxes: tuple[TaxBody, ...]
    total: MoneyBody | None
    event: EventBody | None
    contact: ContactBody | None
    refund: Literal["due", "asked", "done"] | None
    accept_other_seats: bool
    expires_at: datetime
    placed_at: datetime
    updated_at: datetime
    version: int
    history: tuple[OrderStepBody, ...] | UnsetType = UNSET

    @staticmethod
    def of(order: Order, *, for_staff: bool = False) -> "OrderBody":
        """Return the order as a list shows it, without its history; absorbed fees are for staff."""
        content = order.content
        return OrderBody(
            id=order.id,
            status=order.status.value,
            reservation_ids=order.reservation_ids,
            reservations=tuple(
                OrderReservationBody(kind=each.kind.value, reservation_id=each.id) for each in order.reservations
            ),
            items=tuple(OrderItemBody.of(item) for item in content.items) if content else (),
            tickets=tuple(OrderTicketBody.of(ticket) for ticket in content.tickets) if content else (),
            discounts=tuple(DiscountBody.of(discount) for discount in content.discounts) if content else (),
            fees=FeeBody.of_order(content, for_staff=for_staff) if content else (),
            taxes=tuple(TaxBody.of(tax) for tax in content.taxes) if content else (),
            total=MoneyBody.of(content.total) if content else None,
            event=_event(content.event) if content else None,
            contact=ContactBody(email=order.contact.email, name=order.contact.name) if order.contact else None,
            refund=order.refund.value if order.refund else None,
            accept_other_seats=order.accept_other_seats,
            expires_at=order.expires_at,
            placed_at=order.placed_at,
            updated_at=order.updated_at,
            version=order.version,
        )

    @staticmethod
    def with_history(order: Order, *, for_staff: bool = False) -> "OrderBody":
        """Return the order as it is shown alone."""
        history = tuple(OrderStepBody.of(entry, for_staff=for_staff) for entry in order.history)
        return msgspec.structs.replace(OrderBody.of(order, for_staff=for_staff), history=history)


class PaymentStartedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Stripe's client library needs to let the buyer pay."""

    payment_id: UUID
    client_secret: str
    stripe_payment_intent_id: str
    amount: MoneyBody


def _event(event: EventSnapshot) -> EventBody:
    return EventBody(
        title=event.title,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        time_zone=event.time_zone,
        venue_id=event.venue_id,
        venue_name=event.venue_name,
    )

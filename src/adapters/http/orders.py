"""Orders: placing, reading, cancelling and paying them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from adapters.http.etags import etag
from adapters.http.events import EventBody
from adapters.http.money import MoneyBody
from adapters.http.paging import PageBody, page_body
from core.orders.contact import Contact
from core.orders.content import Fee, OrderContent, SeatLine
from core.orders.errors import UnsupportedReservationError
from core.orders.order import Order
from core.shared.callers import Caller
from core.shared.errors import Problem
from core.shared.ids import OrderId, ReservationId
from ports.paging import PageRequest
from ports.published.payments import PaymentMethod
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.list_orders import ListOrders
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder, SeatsToOrder
from usecases.orders.read_order import ReadOrder


class ReservationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be ordered: a hold, with its token where the hold was not made by this account."""

    kind: Literal["seats", "general-admission"]
    reservation_id: UUID
    hold_token: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ContactBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to write to; a guest has to say."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["ann@example.org"])]
    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None


class PlaceOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An order to be placed, for one reservation of seats."""

    reservations: Annotated[list[ReservationBody], Meta(min_length=1, max_length=10)]
    contact: ContactBody | None = None

    def seats(self) -> SeatsToOrder:
        """Return the one reservation of seats; raises UnsupportedReservationError for anything else."""
        for index, reservation in enumerate(self.reservations):
            if reservation.kind != "seats":
                raise _unsupported(f"/reservations/{index}/kind", "Only reservations of seats can be ordered.")
        if len(self.reservations) > 1:
            raise _unsupported("/reservations/1", "An order takes one reservation.")
        only = self.reservations[0]
        return SeatsToOrder(ReservationId(only.reservation_id), only.hold_token)


class PayOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How the buyer will pay."""

    method: PaymentMethod


class OrderItemBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One admission, at the price it was held for."""

    id: UUID
    ticket_id: UUID
    quantity: int
    unit_price: MoneyBody
    seat_id: UUID
    label: str
    section: str
    row: str
    number: str


class FeeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount on top of the items; the total includes it."""

    code: str
    name: str
    amount: MoneyBody


class OrderStepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step in the life of an order; `detail` says why, where there is a reason."""

    at: datetime
    step: str
    detail: str | None


class OrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order. `total` and `event` are null until its seats are reserved; `history` is given for one order only."""

    id: UUID
    status: Literal["PENDING", "AWAITING_PAYMENT", "CONFIRMED", "CANCELLED", "EXPIRED"]
    reservation_ids: tuple[UUID, ...]
    items: tuple[OrderItemBody, ...]
    fees: tuple[FeeBody, ...]
    total: MoneyBody | None
    event: EventBody | None
    contact: ContactBody | None
    refund: Literal["due", "asked", "done"] | None
    expires_at: datetime
    placed_at: datetime
    updated_at: datetime
    version: int
    history: tuple[OrderStepBody, ...] | UnsetType = UNSET


class PaymentStartedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Stripe's client library needs to let the buyer pay."""

    payment_id: UUID
    client_secret: str
    stripe_payment_intent_id: str
    amount: MoneyBody


class OrderController(Controller):
    """Orders."""

    path = "/orders"
    tags = ("Orders",)

    @post(summary="Place an order")
    @inject
    async def place(
        self, data: JSONBody[PlaceOrderBody], caller: NamedDependency[Caller], usecase: FromDishka[PlaceOrder]
    ) -> Response[OrderBody]:
        """Everybody signed in, for their own hold; guests give an e-mail address. Placing it again answers the same."""
        contact = Contact.given(data.contact.email, data.contact.name) if data.contact else None
        order = await usecase(caller, data.seats(), contact)
        return _response(order, status_code=201, location=True)

    @get(summary="List orders")
    @inject
    async def list_orders(
        self, page: NamedDependency[PageRequest], caller: NamedDependency[Caller], usecase: FromDishka[ListOrders]
    ) -> PageBody[OrderBody]:
        """Buyers see their own orders, box office and managers all; those placed first come first."""
        return page_body(await usecase(caller, page), _body)

    @get("/{order_id:uuid}", summary="Read an order")
    @inject
    async def read(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadOrder]
    ) -> Response[OrderBody]:
        """The buyer, box office and managers; with the history of the order."""
        return _response(await usecase(caller, OrderId(order_id)))

    @post("/{order_id:uuid}/cancel", status_code=200, summary="Cancel an unpaid order")
    @inject
    async def cancel(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[CancelOrder]
    ) -> Response[OrderBody]:
        """The buyer, box office and managers. If the money turns out to be taken, the order is confirmed (409)."""
        return _response(await usecase(caller, OrderId(order_id)))

    @post("/{order_id:uuid}/payments", summary="Start the payment of an order")
    @inject
    async def pay(
        self,
        order_id: FromPath[UUID],
        data: JSONBody[PayOrderBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[PayOrder],
    ) -> PaymentStartedBody:
        """The buyer, box office and managers. Asking again answers the payment that there is."""
        started = await usecase(caller, OrderId(order_id), data.method)
        return PaymentStartedBody(
            payment_id=started.payment_id,
            client_secret=started.client_secret,
            stripe_payment_intent_id=started.stripe_payment_intent_id,
            amount=MoneyBody(amount=started.amount_minor, currency=started.currency),
        )


def _unsupported(pointer: str, message: str) -> UnsupportedReservationError:
    return UnsupportedReservationError(message, [Problem(pointer, message)])


def _response(order: Order, *, status_code: int = 200, location: bool = False) -> Response[OrderBody]:
    headers = {"ETag": etag(order.version)}
    if location:
        headers["Location"] = f"/api/v1/orders/{order.id}"
    history = tuple(
        OrderStepBody(at=entry.at, step=entry.step.value, detail=entry.detail or None) for entry in order.history
    )
    body = msgspec.structs.replace(_body(order), history=history)
    return Response(body, status_code=status_code, headers=headers)


def _body(order: Order) -> OrderBody:
    content = order.content
    return OrderBody(
        id=order.id,
        status=order.status.value,
        reservation_ids=(order.reservation_id,),
        items=tuple(_item(content, item) for item in content.items) if content else (),
        fees=tuple(_fee(fee) for fee in content.fees) if content else (),
        total=MoneyBody.of(content.total) if content else None,
        event=_event(content) if content else None,
        contact=ContactBody(email=order.contact.email, name=order.contact.name) if order.contact else None,
        refund=order.refund.value if order.refund else None,
        expires_at=order.expires_at,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
        version=order.version,
    )


def _item(content: OrderContent, item: SeatLine) -> OrderItemBody:
    return OrderItemBody(
        id=item.id,
        ticket_id=content.ticket_id,
        quantity=1,
        unit_price=MoneyBody.of(item.price),
        seat_id=item.seat_id,
        label=item.label,
        section=item.section,
        row=item.row,
        number=item.number,
    )


def _fee(fee: Fee) -> FeeBody:
    return FeeBody(code=fee.code, name=fee.name, amount=MoneyBody.of(fee.amount))


def _event(content: OrderContent) -> EventBody:
    event = content.event
    return EventBody(
        title=event.title,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        time_zone=event.time_zone,
        venue_id=event.venue_id,
        venue_name=event.venue_name,
    )

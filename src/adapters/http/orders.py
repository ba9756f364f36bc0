"""Orders: quoting, placing, reading, cancelling and paying them."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.callers import open_to_keys_for
from adapters.http.etags import etag
from adapters.http.money import MoneyBody
from adapters.http.order_bodies import OrderBody, PaymentStartedBody, PayOrderBody, PlaceOrderBody
from adapters.http.orders_fee_bodies import QuoteBody, QuoteOrderBody
from adapters.http.paging import PageBody, page_body
from core.orders.contact import Contact
from core.orders.order import Order
from core.shared.callers import ApiScope, Caller
from core.shared.ids import OrderId
from ports.paging import PageRequest
from usecases.orders.access import sees_every_order
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.list_orders import ListOrders
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.quote_order import QuoteOrder
from usecases.orders.read_order import ReadOrder


class OrderController(Controller):
    """Orders."""

    path = "/orders"
    tags = ("Orders",)

    @post(summary="Place an order")
    @inject
    async def place(
        self, data: JSONBody[PlaceOrderBody], caller: NamedDependency[Caller], usecase: FromDishka[PlaceOrder]
    ) -> Response[OrderBody]:
        """Everybody signed in, for their own holds; guests give an e-mail address. Placing it again answers the same.

        All of it is ordered, or nothing: `errors` of a refusal points at the reservation that could not be had. Where
        there is nothing to pay the order is CONFIRMED at once. A voucher's code that is refused leaves the order
        PENDING with what it reserved, to be placed again with another code or without one.
        """
        contact = Contact.given(data.contact.email, data.contact.name) if data.contact else None
        order = await usecase(
            caller,
            data.holds(),
            contact,
            voucher_code=data.voucher_code,
            accept_other_seats=data.accept_other_seats,
        )
        return _response(order, caller, status_code=201, location=True)

    @post("/quote", status_code=200, summary="Quote an order")
    @inject
    async def quote(
        self, data: JSONBody[QuoteOrderBody], caller: NamedDependency[Caller], usecase: FromDishka[QuoteOrder]
    ) -> QuoteBody:
        """Everybody in the organisation, fans too: what an order would cost, all in, before anything is held.

        Nothing is kept or promised by it: an order has the prices its places were held for.
        """
        return QuoteBody.of(await usecase(caller, data.wanted()), for_staff=sees_every_order(caller))

    @get(summary="List orders", opt=open_to_keys_for(ApiScope.ORDERS_READ))
    @inject
    async def list_orders(
        self, page: NamedDependency[PageRequest], caller: NamedDependency[Caller], usecase: FromDishka[ListOrders]
    ) -> PageBody[OrderBody]:
        """Buyers see their own orders, box office, managers and keys all; those placed first come first."""
        return page_body(
            await usecase(caller, page), lambda order: OrderBody.of(order, for_staff=sees_every_order(caller))
        )

    @get("/{order_id:uuid}", summary="Read an order", opt=open_to_keys_for(ApiScope.ORDERS_READ))
    @inject
    async def read(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadOrder]
    ) -> Response[OrderBody]:
        """The buyer, box office, managers and keys; with the history of the order, and how far a refund has come.

        Steps of a payment that comes after the order's end: `paid_late`, then `seats_reclaimed` (the same seats),
        `other_seats` (as good ones, `detail` says which) or `refund_due`, `refund_asked`, `refunded`.
        """
        return _response(await usecase(caller, OrderId(order_id)), caller)

    @post("/{order_id:uuid}/cancel", status_code=200, summary="Cancel an order that was not paid online")
    @inject
    async def cancel(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[CancelOrder]
    ) -> Response[OrderBody]:
        """The buyer, box office and managers. If the money turns out to be taken, the order is confirmed (409).

        Confirmed orders that needed no payment are cancelled by box office and managers alone; `history` says whether
        cash is to be returned by hand.
        """
        return _response(await usecase(caller, OrderId(order_id)), caller)

    @post("/{order_id:uuid}/payments", summary="Start the payment of an order")
    @inject
    async def pay(
        self,
        order_id: FromPath[UUID],
        data: JSONBody[PayOrderBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[PayOrder],
    ) -> PaymentStartedBody:
        """The buyer, box office and managers. Asking again answers the payment that there is.

        A declined PaymentIntent may be confirmed again by Stripe's library. Asking here after a decline cancels it and
        answers another one, with a client secret of its own; so ten times at most.
        """
        started = await usecase(caller, OrderId(order_id), data.method)
        return PaymentStartedBody(
            payment_id=started.payment_id,
            client_secret=started.client_secret,
            stripe_payment_intent_id=started.stripe_payment_intent_id,
            amount=MoneyBody(amount=started.amount_minor, currency=started.currency),
        )


def _response(order: Order, caller: Caller, *, status_code: int = 200, location: bool = False) -> Response[OrderBody]:
    headers = {"ETag": etag(order.version)}
    if location:
        headers["Location"] = f"/api/v1/orders/{order.id}"
    body = OrderBody.with_history(order, for_staff=sees_every_order(caller))
    return Response(body, status_code=status_code, headers=headers)

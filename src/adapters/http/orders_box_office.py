"""Sales at the box office, for cash or for nothing."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from adapters.http.etags import etag
from adapters.http.money import MoneyBody
from adapters.http.order_bodies import RESERVATIONS_MAX, ContactBody, OrderBody, ReservationBody
from adapters.http.paging import PageBody, page_body
from core.orders.box_office import NOTE_LENGTH_MAX, Settlement
from core.orders.contact import Contact
from core.orders.order import Order
from core.shared.callers import Caller
from core.shared.ids import AccountId
from ports.paging import PageRequest
from usecases.orders.list_box_office_orders import ListBoxOfficeOrders
from usecases.orders.sell_at_box_office import Sale, SellAtBoxOffice


class SellAtBoxOfficeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What staff sell: holds that they made for a customer's account (`forAccountId`), or for whoever stands there.

    `cash` means that the total is taken by hand, `complimentary` that nothing is taken.
    """

    reservations: Annotated[
        list[ReservationBody], Meta(min_length=1, max_length=RESERVATIONS_MAX, description="Each of them once.")
    ]
    settlement: Literal["cash", "complimentary"]
    for_account_id: UUID | None = None
    contact: ContactBody | None = None
    note: Annotated[str, Meta(max_length=NOTE_LENGTH_MAX, description="For staff.")] = ""

    def sale(self) -> Sale:
        """Return what is to be sold; raises InvalidContactError."""
        return Sale(
            holds=tuple(each.hold() for each in self.reservations),
            settlement=Settlement(self.settlement),
            note=self.note,
            contact=Contact.given(self.contact.email, self.contact.name) if self.contact else None,
            for_account=AccountId(self.for_account_id) if self.for_account_id is not None else None,
        )


class BoxOfficeOrderBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order of the box office: who sold it, and what was taken by hand.

    `taken` is what was taken for a confirmed order, and `toReturn` what is to be given back by hand for one that was
    cancelled afterwards; both are null where there is no such amount.
    """

    order: OrderBody
    account_id: UUID
    sold_by: UUID
    settlement: Literal["cash", "complimentary"]
    taken: MoneyBody | None
    to_return: MoneyBody | None
    note: str


class BoxOfficeController(Controller):
    """Sales at the box office."""

    path = "/box-office/orders"
    tags = ("Box office",)

    @post(summary="Sell at the box office")
    @inject
    async def sell(
        self, data: JSONBody[SellAtBoxOfficeBody], caller: NamedDependency[Caller], usecase: FromDishka[SellAtBoxOffice]
    ) -> Response[BoxOfficeOrderBody]:
        """Box office and managers. The order is CONFIRMED at once; selling the same again answers the same order."""
        order = await usecase(caller, data.sale())
        headers = {"ETag": etag(order.version), "Location": f"/api/v1/orders/{order.id}"}
        return Response(_body(order), status_code=201, headers=headers)

    @get(summary="List what was sold at the box office")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListBoxOfficeOrders],
    ) -> PageBody[BoxOfficeOrderBody]:
        """Box office and managers; those sold first come first, each with its history."""
        return page_body(await usecase(caller, page), _body)


def _body(order: Order) -> BoxOfficeOrderBody:
    sale = order.sale
    assert sale is not None
    taken, to_return = order.cash_taken, order.cash_to_return
    return BoxOfficeOrderBody(
        order=OrderBody.with_history(order, for_staff=True),
        account_id=order.account_id,
        sold_by=sale.by,
        settlement=sale.settlement.value,
        taken=MoneyBody.of(taken) if taken else None,
        to_return=MoneyBody.of(to_return) if to_return else None,
        note=sale.note,
    )

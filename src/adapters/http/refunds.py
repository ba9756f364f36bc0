"""Refunds: asking for them, reading them, and the policy behind them."""

from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.callers import open_to_keys_for
from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody, page_body
from adapters.http.refund_bodies import (
    ITEMS_MAX,
    RefundBody,
    RefundPolicyBody,
    RefundPreviewBody,
    RefundRequestBody,
)
from core.orders.errors import OrganisationOfOrdersNotFoundError
from core.orders.refund_decisions import RefundWish, WantedItem
from core.orders.refund_policy import RefundPolicy, RefundReason
from core.orders.refunds import RefundStatus
from core.shared.callers import ApiScope, Caller
from core.shared.ids import OrderId, OrderItemId, RefundId
from ports.paging import PageRequest
from usecases.orders.access import sees_every_order
from usecases.orders.read_refunds import ReadRefunds, RetryRefund
from usecases.orders.request_refund import PreviewRefund, RequestRefund
from usecases.orders.tune_refund_policy import TuneRefundPolicy


class OrderRefundController(Controller):
    """The refunds of an order."""

    path = "/orders/{order_id:uuid}/refunds"
    tags = ("Refunds",)

    @post(summary="Refund an order or a part of it")
    @inject
    async def ask(
        self,
        order_id: FromPath[UUID],
        data: JSONBody[RefundRequestBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[RequestRefund],
    ) -> RefundBody:
        """The buyer, by the policy that the order was placed under; box office the same; managers beyond it.

        Seats are free again, and passes void, once the money is on its way. A refund that failed answers 201 as well,
        with its status.
        """
        refund = await usecase(caller, OrderId(order_id), data.wish())
        return RefundBody.of(refund, for_staff=sees_every_order(caller))

    @get(summary="List the refunds of an order", opt=open_to_keys_for(ApiScope.ORDERS_READ))
    @inject
    async def of_order(
        self, order_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadRefunds]
    ) -> PageBody[RefundBody]:
        """The buyer, box office, managers and keys; all of them on one page, the first first."""
        refunds = await usecase.of_order(caller, OrderId(order_id))
        for_staff = sees_every_order(caller)
        return PageBody(items=tuple(RefundBody.of(each, for_staff=for_staff) for each in refunds), next_cursor=None)

    @get("/preview", summary="Say what a refund would come to")
    @inject
    async def preview(
        self,
        order_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[PreviewRefund],
        item_ids: Annotated[
            list[UUID] | None,
            QueryParameter(name="itemIds", max_items=ITEMS_MAX, description="Repeated; all that are left if unset."),
        ] = None,
        reason: Annotated[
            Literal[
                "customer_request", "event_cancelled", "event_rescheduled", "duplicate", "fraud", "goodwill", "other"
            ],
            QueryParameter(description="Buyers have the first one only."),
        ] = "customer_request",
    ) -> RefundPreviewBody:
        """Whoever may ask for it: the rule, the days left and the arithmetic. Nothing is changed."""
        items = tuple(WantedItem(OrderItemId(id)) for id in item_ids) if item_ids else None
        wish = RefundWish(reason=RefundReason(reason), items=items)
        return RefundPreviewBody.of(await usecase(caller, OrderId(order_id), wish))

    @post("/{refund_id:uuid}/retry", status_code=200, summary="Try a failed refund again")
    @inject
    async def retry(
        self,
        order_id: FromPath[UUID],
        refund_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[RetryRefund],
    ) -> RefundBody:
        """Box office and managers, for a refund that failed."""
        refund = await usecase(caller, OrderId(order_id), RefundId(refund_id))
        return RefundBody.of(refund, for_staff=True)


class RefundController(Controller):
    """The refunds of all orders."""

    path = "/orders/refunds"
    tags = ("Refunds",)

    @get(summary="List refunds")
    @inject
    async def list_refunds(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadRefunds],
        status: Annotated[
            Literal["requested", "succeeded", "failed", "refused"] | None,
            QueryParameter(description="All of them if unset."),
        ] = None,
    ) -> PageBody[RefundBody]:
        """Box office and managers; those that failed are work for somebody."""
        found = await usecase.page(caller, page, RefundStatus(status) if status else None)
        return page_body(found, lambda refund: RefundBody.of(refund, for_staff=True))


class RefundPolicyController(Controller):
    """The refund policy of an organisation."""

    path = "/organisations/{organisation_id:uuid}/refund-policy"
    tags = ("Refunds",)

    @get(summary="Read an organisation's refund policy")
    @inject
    async def read(
        self, organisation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TuneRefundPolicy]
    ) -> Response[RefundPolicyBody]:
        """Everybody: buyers decide by it. Without rules they cannot refund by themselves."""
        _must_be_own(organisation_id, caller)
        return _policy(await usecase.read(caller))

    @put(summary="Replace an organisation's refund policy")
    @inject
    async def change(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[RefundPolicyBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TuneRefundPolicy],
        if_match: IfMatch = None,
    ) -> Response[RefundPolicyBody]:
        """Managers only, with the ETag they read in If-Match. Orders placed before keep the policy of then."""
        _must_be_own(organisation_id, caller)
        version = expected_version(if_match)
        return _policy(await usecase.change(caller, data.policy(), expected_version=version))


def _policy(policy: RefundPolicy) -> Response[RefundPolicyBody]:
    return Response(RefundPolicyBody.of(policy), headers={"ETag": etag(policy.version)})


def _must_be_own(organisation_id: UUID, caller: Caller) -> None:
    if organisation_id != caller.tenant_id:
        raise OrganisationOfOrdersNotFoundError

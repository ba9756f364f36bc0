"""The fees and taxes that an organisation puts on its orders."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.orders_fee_bodies import OrderFeesBody, OrderFeesChangeBody
from adapters.http.paging import PageBody
from core.orders.errors import FeesNotFoundError
from core.orders.fee_schedule import FeeSchedule
from core.shared.callers import Caller
from usecases.orders.tune_fees import TuneFees


class OrderFeesController(Controller):
    """Fees and taxes of an organisation."""

    path = "/organisations/{organisation_id:uuid}/order-fees"
    tags = ("Orders",)

    @get(summary="Read an organisation's fees and taxes")
    @inject
    async def read(
        self, organisation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TuneFees]
    ) -> Response[OrderFeesBody]:
        """Staff only. Buyers see what an order costs, all in, on the order and on a quote of it."""
        _must_be_own(organisation_id, caller)
        return _response(await usecase.current(caller))

    @put(summary="Replace an organisation's fees and taxes")
    @inject
    async def change(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[OrderFeesBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[TuneFees],
        if_match: IfMatch = None,
    ) -> Response[OrderFeesBody]:
        """Managers only, with the ETag they read in If-Match. Orders that were placed keep what they have.

        A fixed fee counts for orders in its currency; who sells in several defines it once for each.
        """
        _must_be_own(organisation_id, caller)
        version = expected_version(if_match)
        return _response(await usecase.change(caller, data.schedule(), expected_version=version))

    @get("/history", summary="List the changes of an organisation's fees and taxes")
    @inject
    async def history(
        self, organisation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TuneFees]
    ) -> PageBody[OrderFeesChangeBody]:
        """Managers only; the last hundred versions on one page, the newest first."""
        _must_be_own(organisation_id, caller)
        changes = await usecase.changes(caller)
        return PageBody(items=tuple(OrderFeesChangeBody.of(change) for change in changes), next_cursor=None)


def _must_be_own(organisation_id: UUID, caller: Caller) -> None:
    if organisation_id != caller.tenant_id:
        raise FeesNotFoundError


def _response(schedule: FeeSchedule) -> Response[OrderFeesBody]:
    return Response(OrderFeesBody.of(schedule), headers={"ETag": etag(schedule.version)})

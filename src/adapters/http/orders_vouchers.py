"""Vouchers: what staff make for buyers to use on their orders."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.orders_voucher_bodies import ChangeVoucherBody, CreateVoucherBody, VoucherBody
from adapters.http.paging import PageBody, page_body
from core.shared.callers import Caller
from core.shared.ids import VoucherId
from ports.paging import PageRequest
from usecases.orders.edit_vouchers import EditVouchers
from usecases.orders.read_vouchers import ReadVouchers


class VoucherController(Controller):
    """Vouchers of an organisation."""

    path = "/vouchers"
    tags = ("Vouchers",)

    @post(summary="Create a voucher")
    @inject
    async def create(
        self,
        data: JSONBody[CreateVoucherBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[EditVouchers],
        read: FromDishka[ReadVouchers],
    ) -> Response[VoucherBody]:
        """Managers only. A code is there once in an organisation, also after its voucher was deactivated."""
        voucher = await usecase.create(caller, data.code, data.terms())
        return await _response(
            read, caller, voucher.id, status_code=201, headers={"Location": f"/api/v1/vouchers/{voucher.id}"}
        )

    @get(summary="List vouchers")
    @inject
    async def page(
        self, page: NamedDependency[PageRequest], caller: NamedDependency[Caller], usecase: FromDishka[ReadVouchers]
    ) -> PageBody[VoucherBody]:
        """Box office and managers; oldest first."""
        return page_body(await usecase.page(caller, page), VoucherBody.of)

    @get("/{voucher_id:uuid}", summary="Read a voucher")
    @inject
    async def one(
        self, voucher_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadVouchers]
    ) -> Response[VoucherBody]:
        """Box office and managers; with who made and changed it."""
        return await _response(usecase, caller, VoucherId(voucher_id))

    @patch("/{voucher_id:uuid}", summary="Change a voucher")
    @inject
    async def change(
        self,
        voucher_id: FromPath[UUID],
        data: JSONBody[ChangeVoucherBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[EditVouchers],
        read: FromDishka[ReadVouchers],
        if_match: IfMatch = None,
    ) -> Response[VoucherBody]:
        """Managers only, with the ETag they read in If-Match. Orders that use it keep their discount."""
        version = expected_version(if_match)
        voucher = await usecase.change(caller, VoucherId(voucher_id), data.applied, expected_version=version)
        return await _response(read, caller, voucher.id)

    @delete("/{voucher_id:uuid}", summary="Deactivate a voucher")
    @inject
    async def deactivate(
        self, voucher_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[EditVouchers]
    ) -> None:
        """Managers only. Nobody can use the code any more; the voucher can still be read, and made active again."""
        await usecase.deactivate(caller, VoucherId(voucher_id))


async def _response(
    read: ReadVouchers,
    caller: Caller,
    voucher_id: VoucherId,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[VoucherBody]:
    used, changes = await read.one(caller, voucher_id)
    return Response(
        VoucherBody.with_history(used, changes),
        status_code=status_code,
        headers={"ETag": etag(used.voucher.version), **(headers or {})},
    )

"""Transfers: giving a pass to a person."""

from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.paging import PageBody, page_body
from adapters.http.transfer_bodies import AcceptTransferBody, OfferTransferBody, TransferBody
from core.shared.callers import Caller
from core.shared.ids import PassId, TransferId
from ports.clock import Clock
from ports.paging import PageRequest
from usecases.resale.accept_transfer import AcceptTransfer
from usecases.resale.end_transfer import DeclineTransfer, WithdrawTransfer
from usecases.resale.offer_transfer import OfferTransfer
from usecases.resale.read_transfers import Box, ReadTransfers


class PassTransferController(Controller):
    """Passes that their holders give away."""

    path = "/passes/{pass_id:uuid}/transfers"
    tags = ("Resale",)

    @post(summary="Offer a pass to a person")
    @inject
    async def offer(
        self,
        pass_id: FromPath[UUID],
        data: JSONBody[OfferTransferBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[OfferTransfer],
        clock: FromDishka[Clock],
    ) -> Response[TransferBody]:
        """The holder of the pass. Until it is accepted or comes back it shows no code and admits nobody.

        The organiser may forbid or limit transfers, as far as the law lets it: 422 `resale.transfer_refused` has the
        reasons in `errors`. Of many offers of one pass at once one is made, the others are 409 `resale.transfer_open`.
        """
        transfer = await usecase(caller, PassId(pass_id), data.to_email)
        body = TransferBody.of(transfer, caller=caller, now=clock.now())
        return Response(body, status_code=201, headers={"Location": f"/api/v1/transfers/{transfer.id}"})


class TransferController(Controller):
    """Transfers of passes to persons."""

    path = "/transfers"
    tags = ("Resale",)

    @get(summary="List one's transfers")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadTransfers],
        clock: FromDishka[Clock],
        box: Annotated[
            Literal["in", "out"], QueryParameter(description="Offered to the caller's address, or by the caller.")
        ] = "in",
    ) -> PageBody[TransferBody]:
        """The caller's own in every state, oldest first."""
        now = clock.now()
        found = await usecase.page(caller, Box(box), page)
        return page_body(found, lambda transfer: TransferBody.of(transfer, caller=caller, now=now))

    @get("/{transfer_id:uuid}", summary="Read a transfer")
    @inject
    async def one(
        self,
        transfer_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadTransfers],
        clock: FromDishka[Clock],
    ) -> TransferBody:
        """Whoever offered the pass, whoever it is offered to, and staff who may act for customers."""
        return TransferBody.of(await usecase.one(caller, TransferId(transfer_id)), caller=caller, now=clock.now())

    @post("/{transfer_id:uuid}/accept", summary="Accept a pass", status_code=200)
    @inject
    async def accept(
        self,
        transfer_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[AcceptTransfer],
        clock: FromDishka[Clock],
        data: JSONBody[AcceptTransferBody | None] = None,
    ) -> TransferBody:
        """The account with the address that it is offered to; to everybody else there is no transfer.

        The pass is the caller's from then on, with a new code; the old one is void. Accepting again changes nothing.
        """
        holder_name = data.holder_name if data is not None else None
        transfer = await usecase(caller, TransferId(transfer_id), holder_name=holder_name)
        return TransferBody.of(transfer, caller=caller, now=clock.now())

    @post("/{transfer_id:uuid}/decline", summary="Decline a pass", status_code=200)
    @inject
    async def decline(
        self,
        transfer_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[DeclineTransfer],
        clock: FromDishka[Clock],
    ) -> TransferBody:
        """The account with the address that it is offered to; its holder's pass is valid again."""
        return TransferBody.of(await usecase(caller, TransferId(transfer_id)), caller=caller, now=clock.now())

    @delete("/{transfer_id:uuid}", summary="Take a transfer back")
    @inject
    async def withdraw(
        self, transfer_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[WithdrawTransfer]
    ) -> None:
        """Whoever offered the pass, which is valid again. 409 `resale.transfer_conflict` once it is accepted."""
        await usecase(caller, TransferId(transfer_id))

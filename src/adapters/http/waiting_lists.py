"""Waiting lists for passes that others give back."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from adapters.http.paging import PageBody, page_body
from adapters.http.waiting_list_bodies import (
    AcceptedOfferBody,
    JoinBody,
    WaitingEntryBody,
    WaitingOfferBody,
    WaitingOffersBody,
)
from core.shared.callers import Caller
from core.shared.ids import TicketId, WaitingOfferId
from ports.paging import PageRequest
from usecases.resale.answer_waiting_offer import AcceptWaitingOffer, DeclineWaitingOffer, ReadWaitingOffers
from usecases.resale.wait_for_returns import JoinWaitingList, LeaveWaitingList, ReadWaitingList


class WaitingListController(Controller):
    """Who waits for returns of a ticket."""

    path = "/tickets/{ticket_id:uuid}/waiting-list"
    tags = ("Resale",)

    @post(summary="Wait for returns of a ticket")
    @inject
    async def join(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[JoinBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[JoinWaitingList],
    ) -> Response[WaitingEntryBody]:
        """Every account once, but no guests. Passes that are given back are offered in the order of the list.

        An offer is made when there are as many as are wanted, or any with `acceptFewer`; while an earlier entry wants
        more than there are, a later one comes first.
        """
        standing = await usecase(caller, TicketId(ticket_id), quantity=data.quantity, accept_fewer=data.accept_fewer)
        return Response(WaitingEntryBody.standing(standing), status_code=201)

    @get(summary="List who waits for a ticket")
    @inject
    async def page(
        self,
        ticket_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadWaitingList],
    ) -> PageBody[WaitingEntryBody]:
        """Staff who may act for customers; in the order in which the list is served."""
        return page_body(await usecase.page(caller, TicketId(ticket_id), page), WaitingEntryBody.of)

    @get("/me", summary="Read one's own place on a waiting list")
    @inject
    async def mine(
        self, ticket_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadWaitingList]
    ) -> WaitingEntryBody:
        """The caller's entry, with its position; 404 `resale.not_waiting` for none."""
        return WaitingEntryBody.standing(await usecase.mine(caller, TicketId(ticket_id)))

    @delete("/me", summary="Leave a waiting list")
    @inject
    async def leave(
        self, ticket_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[LeaveWaitingList]
    ) -> None:
        """Whoever waits; what they were offered goes to the next. Fine for those who do not wait."""
        await usecase(caller, TicketId(ticket_id))


class WaitingOfferController(Controller):
    """What was given back, and is kept for somebody on a waiting list."""

    path = "/waiting-list/offers"
    tags = ("Resale",)

    @get(summary="List the returns that one is offered")
    @inject
    async def mine(self, caller: NamedDependency[Caller], usecase: FromDishka[ReadWaitingOffers]) -> WaitingOffersBody:
        """The caller's, on all lists, as long as they can be accepted."""
        return WaitingOffersBody(items=tuple(WaitingOfferBody.of(each) for each in await usecase(caller)))

    @post("/{offer_id:uuid}/accept", summary="Accept returns")
    @inject
    async def accept(
        self, offer_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[AcceptWaitingOffer]
    ) -> Response[AcceptedOfferBody]:
        """All of the offer is kept for the caller: order the purchases as reservations of the kind `resale`.

        404 `resale.waiting_offer_not_found` also when its time is over. Asking again answers the purchases that last,
        without the token.
        """
        made = await usecase(caller, WaitingOfferId(offer_id))
        return Response(AcceptedOfferBody.of(offer_id, made), status_code=201)

    @post("/{offer_id:uuid}/decline", status_code=204, summary="Decline returns")
    @inject
    async def decline(
        self, offer_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[DeclineWaitingOffer]
    ) -> None:
        """The caller keeps the place on the list, and is not offered the same passes again."""
        await usecase(caller, WaitingOfferId(offer_id))

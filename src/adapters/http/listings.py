"""The market: passes that their holders sell."""

from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.holds import HoldToken
from adapters.http.listing_bodies import CreateListingBody, ListingBody, NewListingBody, PurchaseBody, StatusName
from adapters.http.paging import PageBody, page_body
from core.resale.market.listing_status import ListingStatus
from core.shared.callers import Caller
from core.shared.ids import ListingId, PassId, ReservationId, TicketId
from ports.paging import PageRequest
from ports.resale.listings import ListingOrder
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing
from usecases.resale.read_listings import ListingWish, ListListings, ReadListing


class ListingController(Controller):
    """Passes on the market, and who buys them."""

    tags = ("Resale",)

    @post("/listings", summary="List a pass for sale")
    @inject
    async def create(
        self, data: JSONBody[CreateListingBody], caller: NamedDependency[Caller], usecase: FromDishka[CreateListing]
    ) -> Response[NewListingBody]:
        """The holder of the pass, who needs an account. While it is listed the pass shows no code and admits nobody.

        The price is judged by the law of the event's place and by the organiser's policy: 422 `resale.unlawful` has the
        reasons in `errors`, and 422 `resale.verification_required` the verifications that the seller brings first.
        """
        new = await usecase(caller, PassId(data.pass_id), data.price.money(), seller_trader=data.seller_trader)
        headers = {"Location": f"/api/v1/listings/{new.listing.id}"}
        return Response(NewListingBody.of(new), status_code=201, headers=headers)

    @get("/listings", summary="List what is for sale")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListListings],
        ticket_id: Annotated[UUID | None, QueryParameter(name="ticketId", description="Only passes of this.")] = None,
        status: Annotated[
            StatusName | None,
            QueryParameter(description="Only these; without `mine`, staff see all and others `OPEN`."),
        ] = None,
        mine: Annotated[bool, QueryParameter(description="The caller's own, in every state.")] = False,
        sort: Annotated[
            Literal["time", "price"], QueryParameter(description="The first listed, or the cheapest, come first.")
        ] = "time",
    ) -> PageBody[ListingBody]:
        """Everybody in the organisation sees what is for sale, and not who sells it. Staff see all."""
        wish = ListingWish(
            ticket_id=TicketId(ticket_id) if ticket_id is not None else None,
            statuses=frozenset({ListingStatus(status)}) if status is not None else frozenset(),
            mine=mine,
            order=ListingOrder(sort),
        )
        return page_body(await usecase(caller, wish, page), ListingBody.of)

    @get("/listings/{listing_id:uuid}", summary="Read a listing")
    @inject
    async def one(
        self, listing_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadListing]
    ) -> ListingBody:
        """Everybody in the organisation while it is for sale; else the seller, the buyer and staff."""
        return ListingBody.of(await usecase(caller, ListingId(listing_id)))

    @delete("/listings/{listing_id:uuid}", summary="Cancel a listing")
    @inject
    async def cancel(
        self, listing_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[CancelListing]
    ) -> None:
        """The seller, and staff who sell; the pass is valid again. 409 once a buyer has ordered it."""
        await usecase(caller, ListingId(listing_id))

    @post("/listings/{listing_id:uuid}/purchase", summary="Buy a listed pass")
    @inject
    async def purchase(
        self, listing_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[BuyListing]
    ) -> Response[PurchaseBody]:
        """Everybody but the seller; one at a time. Order it as a reservation of the kind `resale` before it expires.

        Of many buyers at once one gets it, the others 409 `resale.not_for_sale`. Asking again answers the same
        purchase, without its token.
        """
        return Response(PurchaseBody.of(await usecase(caller, ListingId(listing_id))), status_code=201)

    @delete("/purchases/{purchase_id:uuid}", summary="Give a purchase back")
    @inject
    async def give_back(
        self,
        purchase_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[GiveBackPurchase],
        hold_token: HoldToken = None,
    ) -> None:
        """Whoever made it, or shows its token. What has ended is fine; what an order has is not: cancel that."""
        await usecase(caller, ReservationId(purchase_id), hold_token=hold_token)

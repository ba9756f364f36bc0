"""Passes that go back to the organiser."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.http.listing_bodies import NewListingBody
from core.shared.callers import Caller
from core.shared.ids import PassId
from usecases.resale.return_pass import ReturnPass


class ReturnController(Controller):
    """Passes that their buyers give back, and the organiser sells again."""

    tags = ("Resale",)

    @post("/passes/{pass_id:uuid}/return", summary="Give a pass back to the organiser")
    @inject
    async def create(
        self, pass_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReturnPass]
    ) -> Response[NewListingBody]:
        """Whoever bought the pass in the first sale and has it still. It is a listing of the kind `return`.

        Its price is what the admission cost, without fees, and that goes back by a refund of the first order as soon
        as somebody buys it. Until then the pass admits nobody, and `DELETE /listings/{id}` takes it back; when nobody
        buys it in time it is valid again. 422 `resale.not_returnable` says who cannot give it back.
        """
        new = await usecase(caller, PassId(pass_id))
        headers = {"Location": f"/api/v1/listings/{new.listing.id}"}
        return Response(NewListingBody.of(new), status_code=201, headers=headers)

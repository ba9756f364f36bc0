"""Holds of seats."""

from typing import Annotated, Any
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from adapters.http.callers import address_of
from adapters.http.hold_bodies import HoldBody
from adapters.http.problems import problem_spec
from adapters.http.seating_bodies import HoldView
from adapters.http.seating_views import hold_view
from core.seating.best_available import SeatWish
from core.shared.callers import Caller
from core.shared.ids import PlanId, ReservationId
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.spend_hold_budget import SpendHoldBudget

HoldToken = Annotated[
    str | None,
    HeaderParameter(
        name="X-Hold-Token",
        max_length=200,
        description="The `holdToken` of the hold; needed only where another account made it.",
    ),
]
"""A handler's parameter; not a `type` alias, since Litestar does not look through those."""


class HoldController(Controller):
    """Seats that are taken for minutes while someone decides."""

    tags = ("Seating",)

    @post(
        "/seating-plans/{plan_id:uuid}/holds",
        summary="Hold seats",
        responses={
            429: problem_spec("The account or its address asked too often; wait as long as `Retry-After` says.")
        },
    )
    @inject
    async def hold(
        self,
        request: Request[Any, Any, Any],
        plan_id: FromPath[UUID],
        data: JSONBody[HoldBody],
        caller: NamedDependency[Caller],
        chosen: FromDishka[HoldChosenSeats],
        best: FromDishka[HoldBestAvailable],
        spend: FromDishka[SpendHoldBudget],
        hold_token: HoldToken = None,
    ) -> Response[HoldView]:
        """All the seats or none: those that are named, or the best that are free.

        The same id with the same seats, or the same wish, gives the same hold, without its token.
        """
        await spend(caller=caller, address=address_of(request))
        plan, id = PlanId(plan_id), ReservationId(data.reservation_id)
        wanted = data.seats()
        if isinstance(wanted, SeatWish):
            found = await best(plan, id, wanted, caller=caller, hold_token=hold_token, showing=data.showing())
            new = found.new
            view = hold_view(
                new.reservation, hold_token=new.hold_token, adjacent=found.adjacent, explanation=found.explanation
            )
        else:
            named = await chosen(plan, id, wanted, caller=caller, hold_token=hold_token, showing=data.showing())
            new = named.new
            view = hold_view(new.reservation, hold_token=new.hold_token, warning=named.warning)
        return Response(view, status_code=201, headers={"Location": f"/api/v1/holds/{new.reservation.id}"})

    @get("/holds/{reservation_id:uuid}", summary="Read a hold")
    @inject
    async def read(
        self,
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadHold],
        hold_token: HoldToken = None,
    ) -> HoldView:
        """The holder, and staff who sell."""
        return hold_view(await usecase(ReservationId(reservation_id), caller=caller, hold_token=hold_token))

    @post("/holds/{reservation_id:uuid}/extend", summary="Extend a hold", status_code=200)
    @inject
    async def extend(
        self,
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ExtendHold],
        hold_token: HoldToken = None,
    ) -> HoldView:
        """The holder only. A hold lasts its full time again, but never beyond three times that from its beginning."""
        return hold_view(await usecase(ReservationId(reservation_id), caller=caller, hold_token=hold_token))

    @delete("/holds/{reservation_id:uuid}", summary="Release a hold")
    @inject
    async def release(
        self,
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReleaseHold],
        hold_token: HoldToken = None,
    ) -> None:
        """The holder only. Releasing what is released or has ended is fine."""
        await usecase(ReservationId(reservation_id), caller=caller, hold_token=hold_token)

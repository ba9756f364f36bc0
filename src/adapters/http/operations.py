"""Long operations on venues."""

from typing import Annotated, Literal, cast
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from adapters.http.etags import etag, is_known
from adapters.http.operation_bodies import LogLineBody, OperationBody, PreviewBody, StartOperationBody
from adapters.http.paging import PageBody, page_body
from core.operations.operation import Operation, OperationStatus
from core.shared.callers import Caller
from core.shared.ids import OperationId, VenueId
from ports.operations import OperationQuery
from ports.paging import PageRequest
from usecases.operations.manage_operation import CancelOperation, ReadOperations, ResumeOperation
from usecases.operations.start_operation import StartOperation

type StatusName = Literal["pending", "in_progress", "completed", "failed", "cancelled"]


class VenueOperationController(Controller):
    """Operations of a venue: managers only."""

    path = "/venues/{venue_id:uuid}/operations"
    tags = ("Operations",)

    @post(
        summary="Start a long operation",
        status_code=202,
        responses={
            200: ResponseSpec(PreviewBody, description="With `dryRun`: what it would do.", generate_examples=False)
        },
    )
    @inject
    async def start(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[StartOperationBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[StartOperation],
    ) -> Response[OperationBody]:
        """A worker does it, step by step. 409 `operations.busy` names the one of the type that is not over yet.

        - `re-pricing` sets new prices: `{"planIds": […], "changes": [{"tier": name, "price": …, "changes": […]}]}`,
          with prices as price tiers have them. Each plan is changed as a whole; cancelling puts the old prices back.
        - `plan-import` makes a seating plan of up to 150,000 seats: `{"ticketId": …, "name": …, "source": …}`, and what
          else a new plan takes. The source is one of a new plan's, or `{"format": "upload", "documentId": …}` for a
          document that was sent before. `"priceTiers": [{"name", "price", "sections": [names], "categories"}]` are
          made with it; `"activate": true` puts it on sale at the end. `"venueSections": true` gives the venue's own
          layout the plan's sections too: those whose names it has stay as they are, and are named in the step's result
          as `kept`. Cancelling leaves nothing of the plan, nor of sections that it added and nobody changed since.
        - `plan-change` gives a published plan the layout of another plan of its ticket: `{"planId": …, "newPlanId": …,
          "mapping": [{"from": seatId, "to": seatId}], "keepPrices": true}`. Seats of one section and label stay the
          same seats; a sold one without such a place is moved to the one that `mapping` names, a seat of the new plan.
          409 `seating.seats_without_place` points at each that would be lost; `dryRun` proposes places for them, and
          lists what is kept, added, removed and sold at another price. Holds answer 409 `seating.plan_changing` then.
        """
        venue = VenueId(venue_id)
        if data.dry_run:
            found = await usecase.preview(venue, data.type, data.params, caller=caller)
            preview = PreviewBody(type=data.type, preview=dict(found))
            return cast("Response[OperationBody]", Response(preview, status_code=200))
        operation = await usecase(venue, data.type, data.params, caller=caller)
        headers = {"Location": f"/api/v1/operations/{operation.id}", "ETag": etag(operation.version)}
        return Response(OperationBody.of(operation), status_code=202, headers=headers)

    @get(summary="List long operations")
    @inject
    async def page(
        self,
        venue_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadOperations],
        type: Annotated[
            str | None, QueryParameter(max_length=100, pattern="^[a-z][a-z-]*$", description="Only of this type.")
        ] = None,
        status: Annotated[StatusName | None, QueryParameter(description="Only of this status.")] = None,
    ) -> PageBody[OperationBody]:
        """Those that are over, too; the first begun first, without params and results."""
        wanted = OperationStatus(status) if status is not None else None
        query = OperationQuery(venue_id=VenueId(venue_id), type=type, status=wanted)
        return page_body(await usecase.page(page, query, caller=caller), OperationBody.short)


class OperationController(Controller):
    """One operation: managers only."""

    path = "/operations"
    tags = ("Operations",)

    @get("/{operation_id:uuid}", summary="Read a long operation")
    @inject
    async def one(
        self,
        operation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadOperations],
        if_none_match: Annotated[
            str | None, HeaderParameter(name="If-None-Match", description="The ETag of what is at hand.")
        ] = None,
    ) -> Response[OperationBody]:
        """How far it has come. The stream of its events tells the same without asking."""
        operation = await usecase.one(OperationId(operation_id), caller=caller)
        tag = etag(operation.version)
        if is_known(tag, if_none_match):
            return cast("Response[OperationBody]", Response(b"", status_code=304, headers={"ETag": tag}))
        return _answer(operation)

    @get("/{operation_id:uuid}/log", summary="Read the history of a long operation")
    @inject
    async def log(
        self,
        operation_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadOperations],
    ) -> PageBody[LogLineBody]:
        """Who started, cancelled and resumed it, and what became of each step; the oldest line first."""
        return page_body(await usecase.log(OperationId(operation_id), page, caller=caller), LogLineBody.of)

    @post("/{operation_id:uuid}/cancel", summary="Cancel a long operation", status_code=200)
    @inject
    async def cancel(
        self, operation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[CancelOperation]
    ) -> Response[OperationBody]:
        """It ends after the part that is under way, and undoes what it can. 409 `operations.over` when it is over."""
        return _answer(await usecase(OperationId(operation_id), caller=caller))

    @post("/{operation_id:uuid}/resume", summary="Resume a long operation that failed", status_code=200)
    @inject
    async def resume(
        self, operation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ResumeOperation]
    ) -> Response[OperationBody]:
        """It goes on from its last checkpoint. 409 `operations.not_resumable` for one that did not fail."""
        return _answer(await usecase(OperationId(operation_id), caller=caller))


def _answer(operation: Operation) -> Response[OperationBody]:
    return Response(OperationBody.of(operation), headers={"ETag": etag(operation.version)})

"""Seating plans and seat maps."""

import asyncio
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from adapters.http.content_codings import Coding, wanted_coding
from adapters.http.etags import IfMatch, etag, expected_version, is_known
from adapters.http.paging import PageBody, page_body
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seat_map_bodies import CompactSeatMapBody
from adapters.http.seat_map_texts import form_of
from adapters.http.seating_bodies import CreatePlanBody, PlanBody, PriceTierBodies, ReportBody, SeatMapBody
from adapters.http.seating_sources import ReplaceSourceBody, source_of
from adapters.http.seating_views import plan_body, report_body, tier_views
from core.shared.callers import Caller
from core.shared.ids import PlanId, TicketId
from ports.ids import IdSource
from ports.paging import PageRequest
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.create_plan import CreatePlan
from usecases.seating.export_plan import ExportPlan
from usecases.seating.read_plan import ListPlans, ReadPlan, ValidatePlan
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.replace_source import ReplaceSource
from usecases.seating.seats_snapshot import SeatsSnapshot

PLAN_BYTES_MAX = 50_000_000
"""A plan of 150,000 seats has about 36 million bytes."""

TIERS_BYTES_MAX = 10_000_000

_MAP_BODIES = cast("type[Any]", SeatMapBody | CompactSeatMapBody)  # a union is documented well, and is no type


class SeatingPlanController(Controller):
    """Seating plans of an organisation."""

    path = "/seating-plans"
    tags = ("Seating",)

    @post(summary="Create a seating plan", request_max_body_size=PLAN_BYTES_MAX)
    @inject
    async def create(
        self, data: JSONBody[CreatePlanBody], caller: NamedDependency[Caller], usecase: FromDishka[CreatePlan]
    ) -> Response[PlanBody]:
        """Managers only. A source with faults is refused with all of them; what looks odd is in the report."""
        plan = await usecase(data.facts(), caller=caller)
        return Response(
            plan_body(plan, with_report=True),
            status_code=201,
            headers={"Location": f"/api/v1/seating-plans/{plan.id}", "ETag": etag(plan.version)},
        )

    @get(summary="List seating plans")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListPlans],
        ticket_id: Annotated[UUID | None, QueryParameter(name="ticketId", description="Only of this ticket.")] = None,
    ) -> PageBody[PlanBody]:
        """Everybody in the organisation, fans too; oldest first."""
        wanted = TicketId(ticket_id) if ticket_id is not None else None
        return page_body(await usecase(page, ticket_id=wanted, caller=caller), plan_body)

    @get("/{plan_id:uuid}", summary="Read a seating plan")
    @inject
    async def one(
        self, plan_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadPlan]
    ) -> Response[PlanBody]:
        """Everybody in the organisation, fans too."""
        details = await usecase(PlanId(plan_id), caller=caller)
        body = plan_body(details.plan, sections=details.sections, tiers=tier_views(details.tiers, at=details.at))
        return Response(body, headers={"ETag": etag(details.plan.version)})

    @put("/{plan_id:uuid}/source", summary="Replace the layout of a draft", request_max_body_size=PLAN_BYTES_MAX)
    @inject
    async def replace_source(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[ReplaceSourceBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReplaceSource],
        if_match: IfMatch = None,
    ) -> Response[PlanBody]:
        """Managers only, with the ETag they read in If-Match, and only before the plan is first put on sale.

        Seats and sections are new ones, without price tiers.
        """
        plan = await usecase(
            PlanId(plan_id),
            source_of(data.source),
            focus=data.focal_point.point() if data.focal_point is not None else None,
            expected_version=expected_version(if_match),
            caller=caller,
        )
        return Response(plan_body(plan, with_report=True), headers={"ETag": etag(plan.version)})

    @get(
        "/{plan_id:uuid}/export",
        summary="Write the layout as a document",
        responses={200: ResponseSpec(dict[str, object], description="The document.", generate_examples=False)},
    )
    @inject
    async def export(
        self, plan_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ExportPlan]
    ) -> Response[bytes]:
        """Managers only. The seating-plan format, without prices: as a source it makes the same layout again."""
        document = await usecase(PlanId(plan_id), caller=caller)
        return Response(
            await asyncio.to_thread(msgspec.json.encode, document),
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="seating-plan-{plan_id}.json"'},
        )

    @put("/{plan_id:uuid}/price-tiers", summary="Replace the price tiers", request_max_body_size=TIERS_BYTES_MAX)
    @inject
    async def replace_price_tiers(
        self,
        plan_id: FromPath[UUID],
        data: JSONBody[PriceTierBodies],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReplacePriceTiers],
        ids: FromDishka[IdSource],
        if_match: IfMatch = None,
    ) -> Response[PlanBody]:
        """Managers only, with the ETag they read in If-Match. Seats that are held keep the price they had.

        A price changes by itself at the times in `changes`, for whatever is held from then on.
        """
        plan, pricing = await usecase(
            PlanId(plan_id),
            [tier.request(ids.new(), number=number) for number, tier in enumerate(data)],
            expected_version=expected_version(if_match),
            caller=caller,
        )
        tiers = tier_views(pricing.tiers, at=plan.updated_at)
        body = plan_body(plan, sections=pricing.layout.sections, tiers=tiers, with_report=True)
        return Response(body, headers={"ETag": etag(plan.version)})

    @post("/{plan_id:uuid}/validate", summary="Check a seating plan", status_code=200)
    @inject
    async def validate(
        self, plan_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ValidatePlan]
    ) -> ReportBody:
        """Managers only. Says what forbids selling from the plan and what looks odd; changes nothing."""
        return report_body(await usecase(PlanId(plan_id), caller=caller))

    @post("/{plan_id:uuid}/activate", summary="Put a seating plan on sale", status_code=200)
    @inject
    async def activate(
        self,
        plan_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ActivatePlan],
        if_match: IfMatch = None,
    ) -> Response[PlanBody]:
        """Managers only. If-Match is heeded where it is sent; an active plan stays as it is."""
        plan = await usecase(PlanId(plan_id), expected_version=_version_or_none(if_match), caller=caller)
        return Response(plan_body(plan, with_report=True), headers={"ETag": etag(plan.version)})

    @post("/{plan_id:uuid}/deactivate", summary="Take a seating plan off sale", status_code=200)
    @inject
    async def deactivate(
        self,
        plan_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[DeactivatePlan],
        if_match: IfMatch = None,
    ) -> Response[PlanBody]:
        """Managers only. Holds, reservations and sold seats stay as they are."""
        plan = await usecase(PlanId(plan_id), expected_version=_version_or_none(if_match), caller=caller)
        return Response(plan_body(plan, with_report=True), headers={"ETag": etag(plan.version)})

    @get(
        "/{plan_id:uuid}/seats",
        summary="Read the seat map",
        responses={200: ResponseSpec(_MAP_BODIES, description="The map.", generate_examples=False)},
    )
    @inject
    async def seats(
        self,
        plan_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[SeatsSnapshot],
        answers: FromDishka[SeatMapAnswers],
        fields: Annotated[
            str | None,
            QueryParameter(max_length=200, description="Members of a seat, by commas, such as `status`; all without."),
        ] = None,
        layout: Annotated[
            Literal["full", "compact"],
            QueryParameter(name="format", description="`compact` has an array a member, and a letter a state."),
        ] = "full",
        if_none_match: Annotated[
            str | None, HeaderParameter(name="If-None-Match", description="The ETag of the map that is at hand.")
        ] = None,
        accept_encoding: Annotated[
            str | None, HeaderParameter(name="Accept-Encoding", description="`zstd` and `gzip` are known.")
        ] = None,
        cache_control: Annotated[
            str | None, HeaderParameter(name="Cache-Control", description="`no-cache` for a map that is read anew.")
        ] = None,
    ) -> Response[bytes]:
        """Everybody in the organisation, fans too. The map may be old when it arrives: only a hold decides.

        It may be a second old when it is sent, unless the request says `Cache-Control: no-cache`; every change that the
        live map has told is in it. For a large plan take `format=compact` with `Accept-Encoding: zstd`, and when the
        plan is at hand in its `planVersion`, `format=compact&fields=status`: one letter a seat and nothing else.
        """
        form = form_of(fields, compact=layout == "compact")
        fresh = "no-cache" in (cache_control or "").lower()
        seat_map = await usecase(PlanId(plan_id), caller=caller, fresh=fresh)
        answer = await answers.of(caller.tenant_id, seat_map, form, wanted_coding(accept_encoding))
        headers = {"ETag": answer.tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
        if is_known(answer.tag, if_none_match):
            return Response(b"", status_code=304, headers=headers)
        if answer.coding is not Coding.IDENTITY:
            headers["Content-Encoding"] = answer.coding.value
        return Response(answer.body, media_type="application/json", headers=headers)


def _version_or_none(if_match: str | None) -> int | None:
    return expected_version(if_match) if if_match is not None else None

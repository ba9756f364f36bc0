"""Runs that judge the listings on the market again."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from adapters.http.paging import PageBody, page_body
from core.resale.market.evaluation import Evaluation, EvaluationFinding
from core.resale.policies.settings import Target
from core.shared.callers import Caller
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import EvaluationId, TicketId, VenueId
from ports.paging import PageRequest
from usecases.resale.begin_evaluation import BeginEvaluation
from usecases.resale.read_evaluations import ReadEvaluations


class BeginEvaluationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which listings: of a venue, of a ticket, or with neither all. A preview changes nothing."""

    venue_id: UUID | None = None
    ticket_id: UUID | None = None
    preview: bool = False

    def target(self) -> Target:
        """Return what it is about; raises InvalidInputError for a venue and a ticket at once."""
        if self.venue_id is not None and self.ticket_id is not None:
            message = "An evaluation is of a venue or of a ticket, not of both."
            raise InvalidInputError(message, [Problem("/ticketId", message)])
        return Target(
            venue_id=VenueId(self.venue_id) if self.venue_id is not None else None,
            ticket_id=TicketId(self.ticket_id) if self.ticket_id is not None else None,
        )


class EvaluationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run: `done` of `total` listings, and how many became what, or in a preview would.

    `notJudged` are left as they were; the findings say why.
    """

    id: UUID
    venue_id: UUID | None
    ticket_id: UUID | None
    why: Literal["rulebook", "policy", "facts", "by_hand"]
    preview: bool
    status: Literal["running", "completed", "cancelled"]
    rulebook_version: Annotated[str, Meta(description="The rulebook that was in use when the run began.")]
    total: int
    done: int
    suspended: int
    resumed: int
    ended: int
    unchanged: int
    not_judged: int
    again: Annotated[bool, Meta(description="Something changed meanwhile, so a further run follows.")]
    started_by: UUID | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: Evaluation) -> Self:
        """Return what is sent of a run."""
        counts = run.counts
        return cls(
            id=run.id,
            venue_id=run.target.venue_id,
            ticket_id=run.target.ticket_id,
            why=run.why.value,
            preview=run.preview,
            status=run.status.value,
            rulebook_version=run.rulebook_version,
            total=run.total,
            done=counts.done,
            suspended=counts.suspended,
            resumed=counts.resumed,
            ended=counts.ended,
            unchanged=counts.unchanged,
            not_judged=counts.not_judged,
            again=run.again is not None,
            started_by=run.started_by,
            started_at=run.started_at,
            updated_at=run.updated_at,
            finished_at=run.finished_at,
        )


class EvaluationFindingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A listing that is not as it was, or in a preview would not be; `reason` is what its seller is told."""

    listing_id: UUID
    outcome: Literal["suspended", "resumed", "ended", "unchanged", "not_judged"]
    reason: str
    found_at: datetime

    @classmethod
    def of(cls, finding: EvaluationFinding) -> Self:
        """Return what is sent of a finding."""
        return cls(
            listing_id=finding.listing_id,
            outcome=finding.outcome.value,
            reason=finding.reason,
            found_at=finding.found_at,
        )


class EvaluationController(Controller):
    """Evaluations: managers only."""

    path = "/resale/evaluations"
    tags = ("Resale",)

    @post(summary="Judge listings again", status_code=202)
    @inject
    async def begin(
        self,
        data: JSONBody[BeginEvaluationBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[BeginEvaluation],
    ) -> Response[EvaluationBody]:
        """A worker goes through them; what is not lawful any more is suspended, and what is lawful again goes on.

        Only what is open is suspended: a listing that a buyer has at the moment is judged at the checkout. 409
        `resale.evaluation_running` names the run that is under way for the same venue, ticket or organisation.
        """
        run = await usecase.by_hand(data.target(), preview=data.preview, caller=caller)
        headers = {"Location": f"/api/v1/resale/evaluations/{run.id}"}
        return Response(EvaluationBody.of(run), status_code=202, headers=headers)

    @get(summary="List evaluations")
    @inject
    async def page(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadEvaluations],
    ) -> PageBody[EvaluationBody]:
        """Those that changed rulebooks, policies and facts began, too; the first begun first."""
        return page_body(await usecase.page(page, caller=caller), EvaluationBody.of)

    @get("/{evaluation_id:uuid}", summary="Read an evaluation")
    @inject
    async def one(
        self, evaluation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadEvaluations]
    ) -> EvaluationBody:
        """How far it has come."""
        return EvaluationBody.of(await usecase.one(EvaluationId(evaluation_id), caller=caller))

    @get("/{evaluation_id:uuid}/findings", summary="List what an evaluation found")
    @inject
    async def findings(
        self,
        evaluation_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadEvaluations],
    ) -> PageBody[EvaluationFindingBody]:
        """The listings that were changed, or in a preview would be, and those that cannot be judged."""
        found = await usecase.findings(EvaluationId(evaluation_id), page, caller=caller)
        return page_body(found, EvaluationFindingBody.of)

    @post("/{evaluation_id:uuid}/cancel", summary="Cancel an evaluation", status_code=200)
    @inject
    async def cancel(
        self, evaluation_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadEvaluations]
    ) -> EvaluationBody:
        """What it did stays done. 409 `resale.evaluation_over` for one that is over."""
        return EvaluationBody.of(await usecase.cancel(EvaluationId(evaluation_id), caller=caller))

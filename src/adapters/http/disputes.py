"""Disputes."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.dispute_bodies import DisputeBody, DisputeStatus, EvidenceBody, EvidenceTextBody
from adapters.http.paging import PageBody, page_body
from core.payments.dispute import DisputeState
from core.shared.callers import Caller
from core.shared.ids import DisputeId
from ports.paging import PageRequest
from usecases.payments.answer_dispute import AnswerDispute
from usecases.payments.read_disputes import GatherEvidence, ReadDisputes


class DisputeController(Controller):
    """Disputes are opened and decided by the buyers' banks. Files are handed in in Stripe's own pages."""

    path = "/disputes"
    tags = ("Disputes",)

    @get(summary="List disputes")
    @inject
    async def list_disputes(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadDisputes],
        status: Annotated[
            DisputeStatus | None, QueryParameter(description="Only those of this status; `open` ones are work.")
        ] = None,
    ) -> PageBody[DisputeBody]:
        """Owners and managers."""
        return page_body(await usecase.page(caller, page, DisputeState(status) if status else None), DisputeBody.of)

    @get("/{dispute_id:uuid}", summary="Read a dispute")
    @inject
    async def read(
        self, dispute_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadDisputes]
    ) -> DisputeBody:
        """Owners and managers."""
        return DisputeBody.of(await usecase.one(caller, DisputeId(dispute_id)))

    @get("/{dispute_id:uuid}/evidence", summary="Gather the evidence about a dispute")
    @inject
    async def evidence(
        self, dispute_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[GatherEvidence]
    ) -> EvidenceBody:
        """Owners and managers: the order, what was paid and given back, and the passes, as they stand now."""
        return EvidenceBody.of(await usecase(caller, DisputeId(dispute_id)))

    @post("/{dispute_id:uuid}/evidence", status_code=200, summary="Answer a dispute")
    @inject
    async def answer(
        self,
        dispute_id: FromPath[UUID],
        data: JSONBody[EvidenceTextBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[AnswerDispute],
    ) -> DisputeBody:
        """Owners and managers; answers how the dispute stands afterwards. 409 when it is over."""
        return DisputeBody.of(await usecase(caller, DisputeId(dispute_id), data.text, submit=data.submit))

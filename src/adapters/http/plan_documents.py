"""Documents of seating plans, sent as they are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adapters.http.documented import IdempotentOperation, raw_json
from adapters.http.streamed import streaming
from core.shared.callers import Caller
from core.shared.ids import VenueId
from ports.plan_documents import PlanDocument
from usecases.seating.plan_uploads import UploadPlanDocument


class PlanDocumentBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A document that waits for an operation; `sha256` is of its bytes, in hexadecimal."""

    id: UUID
    venue_id: UUID
    bytes: int
    sha256: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, document: PlanDocument) -> "PlanDocumentBody":
        """Return what is told of a document."""
        return cls(
            id=document.id,
            venue_id=document.venue_id,
            bytes=document.bytes_count,
            sha256=document.sha256.hex(),
            created_at=document.created_at,
            expires_at=document.expires_at,
        )


@dataclass
class SendDocumentOperation(IdempotentOperation):
    """Says in the document what is sent, which the handler reads by itself."""

    @override
    def __post_init__(self) -> None:
        """Put the body in."""
        super().__post_init__()
        self.request_body = raw_json("A document in the seating-plan format.")


class PlanDocumentController(Controller):
    """Documents of a venue: managers only."""

    path = "/venues/{venue_id:uuid}/plan-documents"
    tags = ("Seating",)

    @post(
        summary="Send a document of a seating plan",
        request_max_body_size=None,
        opt=streaming(),
        operation_class=SendDocumentOperation,
    )
    @inject
    async def send(
        self,
        venue_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        usecase: FromDishka[UploadPlanDocument],
    ) -> Response[PlanDocumentBody]:
        """Managers only. The body is the document itself, in the seating-plan format, of any size that is allowed.

        It is kept for some days, in which the operation `plan-import` reads it:
        `{"format": "upload", "documentId": …}`. With an `Idempotency-Key`, a document of the same length counts as the
        same one: look at the `sha256` of the answer.
        """
        content: AsyncIterator[bytes] = request.stream()
        document = await usecase(VenueId(venue_id), content, caller=caller)
        return Response(PlanDocumentBody.of(document), status_code=201)

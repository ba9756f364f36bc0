"""The layouts that imports of plans are writing: made of their sources, and kept between the steps."""

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec

from core.seating.errors import InvalidPlanError, InvalidPriceTiersError
from core.seating.layout import LayoutDraft, with_ids
from core.seating.plans import SeatingPlan
from core.seating.pricing import Pricing, price_layout
from core.seating.writing import Part, ids_of_parts
from core.shared.errors import Problem
from core.shared.ids import PlanDocumentId, TenantId, VenueId
from ports.plan_documents import PlanDocuments
from ports.published.operations import OperationRequest
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from ports.seating import SeatingTransactions
from usecases.seating.operations.plan_import_values import PlanImportParams, UploadSource, in_params
from usecases.seating.plan_sources import FromDocument, PlanSource, PlanSources
from usecases.seating.source_params import short_source_of

KEPT_S = 60.0
"""How long a process keeps a layout that nobody asks for: making it anew takes seconds, keeping it a lot of memory."""


@dataclass(frozen=True, slots=True)
class PricedLayout:
    """A plan, its layout with ids and prices, and what tells whether another layout was made of the same."""

    plan: SeatingPlan
    pricing: Pricing
    sha256: str


@dataclass(slots=True)
class _Kept:
    operation_id: UUID
    made: PricedLayout
    ending: asyncio.TimerHandle


@dataclass(frozen=True, slots=True)
class PlanLayouts:
    """Makes the layout of an operation, the same one however often; keeps the last one at hand."""

    transactions: SeatingTransactions
    ticketing: TicketingApi
    venues: VenuesApi
    documents: PlanDocuments
    _kept: list[_Kept] = field(default_factory=list[_Kept], init=False, repr=False, compare=False)

    async def source_of(self, request: OperationRequest, params: PlanImportParams) -> PlanSource:
        """Return where the seats come from, with the document read.

        Raises PlanDocumentNotFoundError, and InvalidPlanError for one that is no JSON.
        """
        if not isinstance(params.source, UploadSource):
            return short_source_of(params.source)
        tenant_id, document_id = TenantId(request.tenant_id), PlanDocumentId(params.source.document_id)
        document = await self.documents.get(tenant_id, document_id)
        if document.venue_id != request.venue_id:
            message = "The document was sent to another venue."
            raise InvalidPlanError(message, [Problem("/params/source/documentId", message)])
        content = await self.documents.content(tenant_id, document_id)
        if hashlib.sha256(content).digest() != document.sha256:
            message = "The document is not what was sent. Send it again."
            raise InvalidPlanError(message, [Problem("/document", message)])
        return FromDocument(await asyncio.to_thread(_decoded, content), "/document")

    async def priced(
        self, plan: SeatingPlan, draft: LayoutDraft, params: PlanImportParams, operation_id: UUID
    ) -> PricedLayout:
        """Return the layout with the operation's ids and the prices of its tiers; raises InvalidPriceTiersError."""
        return await asyncio.to_thread(_priced, plan, draft, params, operation_id)

    async def of(
        self, request: OperationRequest, params: PlanImportParams, plan: SeatingPlan, operation_id: UUID
    ) -> PricedLayout:
        """Return the layout of an operation that has its plan already."""
        made = self.kept(operation_id)
        if made is None:
            draft, _ = await PlanSources(self.transactions, self.ticketing, self.venues).draft_of(
                await self.source_of(request, params),
                focus=params.focal_point.point() if params.focal_point is not None else None,
                tenant_id=TenantId(request.tenant_id),
                venue_id=VenueId(request.venue_id),
            )
            made = await self.priced(plan, draft, params, operation_id)
        self.keep(operation_id, made)
        return made

    def kept(self, operation_id: UUID) -> PricedLayout | None:
        """Return the operation's layout if it is at hand."""
        return next((kept.made for kept in self._kept if kept.operation_id == operation_id), None)

    def keep(self, operation_id: UUID, made: PricedLayout) -> None:
        """Keep a layout at hand for the next steps of its operation, in place of any other."""
        self.forget()
        ending = asyncio.get_running_loop().call_later(KEPT_S, self.forget)
        self._kept.append(_Kept(operation_id, made, ending))

    def forget(self) -> None:
        """Keep none."""
        while self._kept:
            self._kept.pop().ending.cancel()


def _decoded(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"The document is no JSON: {error}"
        raise InvalidPlanError(message, [Problem("/document", message)]) from None


def _priced(plan: SeatingPlan, draft: LayoutDraft, params: PlanImportParams, operation_id: UUID) -> PricedLayout:
    places = ids_of_parts(operation_id, Part.PLACE)
    layout = with_ids(draft, new_id=places.__next__, price_minor=plan.ticket_price.amount_minor)
    sha256 = hashlib.sha256(msgspec.json.encode(draft)).hexdigest()
    if not params.price_tiers:
        return PricedLayout(plan, Pricing((), layout, len(layout.seats)), sha256)
    try:
        requests = params.tiers(layout.sections, ids_of_parts(operation_id, Part.TIER))
        pricing = price_layout(requests, layout=layout, ticket_price=plan.ticket_price)
        return PricedLayout(replace(plan, seats_without_tier=pricing.seats_without_tier), pricing, sha256)
    except InvalidPriceTiersError as error:
        raise InvalidPriceTiersError(error.message, in_params(error.problems, below="/priceTiers")) from None

"""Documents of seating plans in memory: the twin of the PostgreSQL store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from core.seating.writing import PlanDocumentNotFoundError
from core.shared.ids import PlanDocumentId, TenantId
from ports.plan_documents import DueDocument, DuePlanDocuments, NewDocument, PlanDocument, PlanDocuments


@dataclass(slots=True)
class _Kept:
    document: NewDocument
    pieces: dict[int, bytes] = field(default_factory=dict[int, bytes])


class MemoryPlanDocuments(PlanDocuments, DuePlanDocuments):
    """Documents of all tenants."""

    def __init__(self) -> None:
        self._kept: dict[tuple[TenantId, PlanDocumentId], _Kept] = {}

    @override
    async def begin(self, tenant_id: TenantId, document: NewDocument) -> None:
        self._kept[tenant_id, document.id] = _Kept(document)

    @override
    async def append(self, tenant_id: TenantId, document_id: PlanDocumentId, position: int, piece: bytes) -> None:
        self._known(tenant_id, document_id).pieces[position] = piece

    @override
    async def complete(self, tenant_id: TenantId, document: PlanDocument) -> None:
        self._known(tenant_id, document.id).document = document

    @override
    async def get(self, tenant_id: TenantId, document_id: PlanDocumentId) -> PlanDocument:
        document = self._known(tenant_id, document_id).document
        if not isinstance(document, PlanDocument):
            raise PlanDocumentNotFoundError
        return document

    @override
    async def content(self, tenant_id: TenantId, document_id: PlanDocumentId) -> bytes:
        await self.get(tenant_id, document_id)
        pieces = self._kept[tenant_id, document_id].pieces
        return b"".join(pieces[position] for position in sorted(pieces))

    @override
    async def remove(self, tenant_id: TenantId, document_id: PlanDocumentId) -> None:
        self._kept.pop((tenant_id, document_id), None)

    @override
    async def due(self, *, now: datetime, documents_max: int) -> Sequence[DueDocument]:
        due = sorted(
            (kept.document.expires_at, DueDocument(*key))
            for key, kept in self._kept.items()
            if kept.document.expires_at <= now
        )
        return [document for _, document in due[:documents_max]]

    def _known(self, tenant_id: TenantId, document_id: PlanDocumentId) -> _Kept:
        kept = self._kept.get((tenant_id, document_id))
        if kept is None:
            raise PlanDocumentNotFoundError
        return kept

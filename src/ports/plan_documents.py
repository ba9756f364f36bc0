"""Where documents of seating plans wait for the operations that read them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.shared.ids import AccountId, PlanDocumentId, TenantId, VenueId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document whose bytes are still to come; it is forgotten at `expires_at`."""

    id: PlanDocumentId
    venue_id: VenueId
    sent_by: AccountId
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument(NewDocument):
    """A document that was sent to its end."""

    bytes_count: int
    sha256: bytes


@dataclass(frozen=True, slots=True, order=True)
class DueDocument:
    """A document whose time has come."""

    tenant_id: TenantId
    document_id: PlanDocumentId


class PlanDocuments(Protocol):
    """Documents of tenants, in pieces: each method is a transaction of its own, so that a slow sender holds none."""

    @abstractmethod
    async def begin(self, tenant_id: TenantId, document: NewDocument) -> None:
        """Store that the document comes."""

    @abstractmethod
    async def append(self, tenant_id: TenantId, document_id: PlanDocumentId, position: int, piece: bytes) -> None:
        """Store a piece, counted from 0; raises PlanDocumentNotFoundError for one that was forgotten meanwhile."""

    @abstractmethod
    async def complete(self, tenant_id: TenantId, document: PlanDocument) -> None:
        """Store that all of it is there; raises PlanDocumentNotFoundError."""

    @abstractmethod
    async def get(self, tenant_id: TenantId, document_id: PlanDocumentId) -> PlanDocument:
        """Return a document that is complete; raises PlanDocumentNotFoundError."""

    @abstractmethod
    async def content(self, tenant_id: TenantId, document_id: PlanDocumentId) -> bytes:
        """Return the bytes of a document that is complete; raises PlanDocumentNotFoundError."""

    @abstractmethod
    async def remove(self, tenant_id: TenantId, document_id: PlanDocumentId) -> None:
        """Forget a document, if it is there."""


class DuePlanDocuments(Protocol):
    """Finds, across tenants, what the sweep has to forget."""

    @abstractmethod
    async def due(self, *, now: datetime, documents_max: int) -> Sequence[DueDocument]:
        """Return documents that are due, the longest due first."""

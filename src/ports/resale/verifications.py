"""Where sellers' verifications are kept, and what finds those that have expired."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.resale.trust.verifications import Verification, VerificationStatus
from core.shared.ids import AccountId, TenantId, VerificationId
from ports.paging import Page, PageRequest


class VerificationStore(Protocol):
    """Verifications of the transaction's tenant; another tenant's are not there."""

    @abstractmethod
    async def add(self, verification: Verification) -> None:
        """Store a new one; raises VerificationOpenError while the seller has one open of its kind, venue and subject.

        Of two that are brought at once, one is stored. The transaction goes on after the error.
        """

    @abstractmethod
    async def get(self, verification_id: VerificationId) -> Verification:
        """Return the verification; raises VerificationNotFoundError."""

    @abstractmethod
    async def save(self, verification: Verification) -> None:
        """Store a changed one; raises StaleVersionError unless the stored version is the one before."""

    @abstractmethod
    async def of_account(self, account_id: AccountId) -> Sequence[Verification]:
        """Return all of a seller, the newest first."""

    @abstractmethod
    async def page(self, page: PageRequest, *, status: VerificationStatus | None, now: datetime) -> Page[Verification]:
        """Return verifications in the order of their ids: all, or those that have the status at this moment."""


class ExpiredVerifications(Protocol):
    """Finds, across tenants, verifications whose time has come. It decides nothing: time alone does."""

    @abstractmethod
    async def due(self, *, now: datetime, verifications_max: int) -> Sequence[tuple[TenantId, VerificationId]]:
        """Return those that have ended by `now` and are not marked so, the longest ended first."""

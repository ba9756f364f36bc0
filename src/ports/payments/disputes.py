"""What disputes need: their rows, and which of them have been silent for too long."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.payments.dispute import Dispute, DisputeState
from core.shared.ids import DisputeId, PaymentId, TenantId
from ports.paging import Page, PageRequest


class DisputeStore(Protocol):
    """The disputes of one tenant, in one open transaction. Whoever puts one holds its payment's lock."""

    @abstractmethod
    async def put(self, dispute: Dispute) -> None:
        """Store a new dispute, or a known one as it is now; its payment, order and provider's name never change."""

    @abstractmethod
    async def find(self, dispute_id: DisputeId) -> Dispute | None:
        """Return the dispute without a lock; None when there is none."""

    @abstractmethod
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Dispute]:
        """Return all disputes of a payment, oldest first."""

    @abstractmethod
    async def page(self, page: PageRequest, *, state: DisputeState | None) -> Page[Dispute]:
        """Return a page of the tenant's disputes in the order of their ids, of one state or of any."""


class UnsettledDisputes(Protocol):
    """The sweep's view, across tenants: which disputes have to be looked at."""

    @abstractmethod
    async def disputes_due(self, *, now: datetime, disputes_max: int) -> Sequence[tuple[TenantId, DisputeId]]:
        """Return disputes whose `check_at` has come, the longest due first; nothing is locked or changed."""

"""What payments need from the world: their rows, and a payment provider."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.payments.intent import Intent
from core.payments.payment import Payment
from core.payments.record import PaymentRecord
from core.shared.ids import OrderId, PaymentId, TenantId
from ports.events import Outbox


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record of the audit trail as it stands there."""

    id: UUID
    payment_id: PaymentId
    record: PaymentRecord
    recorded_at: datetime


class PaymentStore(Protocol):
    """The payments of one tenant, in one open transaction. Absence is None; another tenant's are absent."""

    @abstractmethod
    async def add(self, payment: Payment) -> bool:
        """Store a new payment; False, and nothing stored, when its order has one already."""

    @abstractmethod
    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return the payment without a lock, to be read."""

    @abstractmethod
    async def lock(self, payment_id: PaymentId) -> Payment | None:
        """Return the payment, and keep others from changing it until the transaction ends."""

    @abstractmethod
    async def lock_of_order(self, order_id: OrderId) -> Payment | None:
        """Return the order's payment, locked as `lock` does."""

    @abstractmethod
    async def save(self, payment: Payment) -> None:
        """Store the payment as it is now; it has been added, and is locked."""

    @abstractmethod
    async def append(self, payment_id: PaymentId, record: PaymentRecord, *, id: UUID, at: datetime) -> None:
        """Add to the audit trail, which is never changed afterwards."""

    @abstractmethod
    async def records(self, payment_id: PaymentId) -> Sequence[KeptRecord]:
        """Return the audit trail of a payment, oldest first."""


class PaymentTransaction(Protocol):
    """One open transaction on the payments of a tenant."""

    payments: PaymentStore
    outbox: Outbox


class PaymentTransactions(Protocol):
    """Where payments are kept."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[PaymentTransaction]:
        """Commit when the block ends, roll back when it raises; nothing else commits."""


class UnsettledPayments(Protocol):
    """The sweep's view, across tenants: which payments have been silent for too long."""

    @abstractmethod
    async def due(self, *, now: datetime, payments_max: int) -> Sequence[tuple[TenantId, PaymentId]]:
        """Return payments whose `check_at` has come, the longest silent first; nothing is locked or changed."""


class PaymentGateway(Protocol):
    """A payment provider.

    Every call may be repeated and has one effect. All raise ProviderUnavailableError (not known to have happened: ask
    again), ProviderRefusedError (the request itself is wrong) and PaymentDeclinedError. Never called in a transaction.
    """

    @abstractmethod
    async def create_intent(self, payment: Payment) -> Intent:
        """Make the intent of the payment's present attempt, or return the one that was made for it."""

    @abstractmethod
    async def retrieve_intent(self, intent_id: str) -> Intent:
        """Return the intent as it stands, with what was received and refunded."""

    @abstractmethod
    async def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel the intent where that can still be done; return how it stands, whichever way that is."""

    @abstractmethod
    async def refund(self, payment: Payment) -> str | None:
        """Give back all that the payment received and return the refund's id.

        None when everything had gone back already.
        """

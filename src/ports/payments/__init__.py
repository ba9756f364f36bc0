"""What payments need from the world: their rows, and a payment provider."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.payments.dispute import ProviderDispute
from core.payments.intent import Intent
from core.payments.ledger import Posting
from core.payments.movements import BookedMovement, Movement
from core.payments.payment import Payment
from core.payments.payout import Leg, Payout, ProviderTransfer
from core.payments.record import PaymentRecord
from core.payments.refund import ProviderRefund, Refund, RefundsSeen, RefundStatus
from core.shared.ids import OrderId, PaymentId, RefundId, TenantId
from ports.events import Outbox
from ports.paging import Page, PageRequest
from ports.payments.accounts import AccountStore
from ports.payments.disputes import DisputeStore
from ports.payments.payouts import PayoutStore


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
        """Store the payment as it is now; it has been added, and is locked.

        Its `refunded_minor` and `paid_out_minor` are not stored: refunds and payouts make them.
        """

    @abstractmethod
    async def append(self, payment_id: PaymentId, record: PaymentRecord, *, id: UUID, at: datetime) -> None:
        """Add to the audit trail, which is never changed afterwards."""

    @abstractmethod
    async def records(self, payment_id: PaymentId) -> Sequence[KeptRecord]:
        """Return the audit trail of a payment, oldest first."""


class RefundStore(Protocol):
    """The refunds of one tenant, in one open transaction. Whoever adds or changes one holds its payment's lock.

    The refunds of a payment that have not failed never add up to more than the payment received, whoever writes: the
    store itself refuses that, and keeps the sum as the payment's `refunded_minor`.
    """

    @abstractmethod
    async def add(self, refund: Refund) -> bool:
        """Store a new refund; False, and nothing stored, when the tenant has one of this id.

        Raises RefundTooLargeError.
        """

    @abstractmethod
    async def find(self, refund_id: RefundId) -> Refund | None:
        """Return the refund without a lock; None when there is none."""

    @abstractmethod
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        """Return all refunds of a payment, oldest first."""

    @abstractmethod
    async def save(self, refund: Refund) -> None:
        """Store the refund as it is now; its payment never changes.

        Raises RefundTooLargeError, and RefundConflictError when the refund of this id is another payment's.
        """

    @abstractmethod
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[Refund]:
        """Return a page of the tenant's refunds in the order of their ids, of one status or of any."""


class Ledger(Protocol):
    """The double-entry ledger of one tenant, in one open transaction. What was booked is never changed."""

    @abstractmethod
    async def post(self, payment_id: PaymentId, posting: Posting, *, id: UUID, at: datetime) -> None:
        """Book a movement of a payment under an id of its own; `at` is now. A refund that it names is stored before."""

    @abstractmethod
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Posting]:
        """Return what was booked for a payment, in the order of the ids it was booked under."""


class PaymentTransaction(Protocol):
    """One open transaction on the payments of a tenant."""

    payments: PaymentStore
    accounts: AccountStore
    refunds: RefundStore
    disputes: DisputeStore
    payouts: PayoutStore
    ledger: Ledger
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


@dataclass(frozen=True, slots=True)
class RefundBacklog:
    """How many refunds wait for the provider, and how many failed and have not gone back since."""

    pending: int
    failed: int


class UnsettledRefunds(Protocol):
    """The sweep's view, across tenants: which refunds have to be looked at."""

    @abstractmethod
    async def refunds_due(self, *, now: datetime, refunds_max: int) -> Sequence[tuple[TenantId, RefundId]]:
        """Return refunds whose `check_at` has come, the longest due first; nothing is locked or changed."""

    @abstractmethod
    async def backlog(self) -> RefundBacklog:
        """Count the refunds that are not settled."""


class Books(Protocol):
    """The ledger of every tenant, to be compared with the provider's; nothing can be booked here."""

    @abstractmethod
    async def booked(self, *, start: datetime, end: datetime, refs: Sequence[str]) -> Sequence[BookedMovement]:
        """Return what moved from `start` until before `end`, or is named, and has a counterpart at the provider."""


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
    async def refund(self, payment: Payment, refund: Refund) -> ProviderRefund:
        """Make the refund's present attempt, or return the one that was made for it.

        Where the money went to another account it is taken back from there, and the application fee with it. Raises
        PaymentDisputedError while the buyer's bank has the money.
        """

    @abstractmethod
    async def refunds(self, payment: Payment) -> RefundsSeen:
        """Return every refund of the payment's intent as it stands, whoever made it, oldest first."""

    @abstractmethod
    async def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        """Return the dispute as it stands, with what it moved in the provider's balance."""

    @abstractmethod
    async def disputes_of(self, payment: Payment) -> Sequence[ProviderDispute]:
        """Return every dispute of the payment's intent as it stands, oldest first."""

    @abstractmethod
    async def answer_dispute(self, dispute_id: str, text: str, *, submit: bool) -> None:
        """Keep the text as evidence, and hand it in where it is to be submitted; the bank looks at it once."""

    @abstractmethod
    async def transfer(self, payment: Payment, payout: Payout, leg: Leg, *, to: str) -> ProviderTransfer:
        """Send a leg of the payout's present attempt to an account, or return the transfer that was made for it.

        It comes out of the payment's own charge, and out of the platform's balance where something of that went back
        or was disputed. Raises DestinationNotReadyError when the account may receive nothing.
        """

    @abstractmethod
    async def transfers(self, payment: Payment) -> Sequence[ProviderTransfer]:
        """Return every transfer of the payment's order as it stands, with what came back of it, oldest first."""

    @abstractmethod
    async def retrieve_transfer(self, transfer_id: str) -> ProviderTransfer:
        """Return the transfer as it stands."""

    @abstractmethod
    async def movements(self, *, start: datetime, end: datetime) -> Sequence[Movement]:
        """Return what charges, refunds, disputes and transfers moved in the balance from `start` until before `end`.

        Refunds that failed and transfers that came back are among it. Oldest first; other movements (to the platform's
        own bank) are left out.
        """

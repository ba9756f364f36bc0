"""What payments need from the world: their rows and those of connected accounts, and a payment provider."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.payments.accounts import ConnectedAccount, ProviderAccount
from core.payments.intent import Intent
from core.payments.payment import Payment
from core.payments.platform_fee import PlatformFee
from core.payments.record import PaymentRecord
from core.shared.ids import OrderId, PaymentId, TenantId, VenueId
from core.shared.money import Money
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


class AccountStore(Protocol):
    """The connected accounts of one tenant, in one open transaction. Absence is None; another tenant's are absent."""

    @abstractmethod
    async def add(self, account: ConnectedAccount) -> bool:
        """Store a new account; False, and nothing stored, when its venue has one already."""

    @abstractmethod
    async def find(self, venue_id: VenueId) -> ConnectedAccount | None:
        """Return the venue's account without a lock, to be read."""

    @abstractmethod
    async def lock(self, venue_id: VenueId) -> ConnectedAccount | None:
        """Return the venue's account, and keep others from changing it until the transaction ends."""

    @abstractmethod
    async def save(self, account: ConnectedAccount) -> None:
        """Store the account as it is now; it has been added, and is locked."""

    @abstractmethod
    async def platform_fee(self) -> PlatformFee | None:
        """Return the fee that was agreed with this organisation; None where the usual one holds."""

    @abstractmethod
    async def agree_platform_fee(self, fee: PlatformFee | None, *, at: datetime) -> None:
        """Store the organisation's own fee; None goes back to the usual one."""


class PaymentTransaction(Protocol):
    """One open transaction on the payments of a tenant."""

    payments: PaymentStore
    accounts: AccountStore
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


@dataclass(frozen=True, slots=True)
class AccountOwner:
    """Whose account it is."""

    tenant_id: TenantId
    venue_id: VenueId


class AccountDirectory(Protocol):
    """The worker's view, across tenants. It reads just enough to find an owner; changing is the store's."""

    @abstractmethod
    async def owner(self, account_id: str) -> AccountOwner | None:
        """Return whose present account it is; None for one that is not ours, or not any more."""

    @abstractmethod
    async def due(self, *, now: datetime, accounts_max: int) -> Sequence[AccountOwner]:
        """Return the owners of accounts whose `check_at` has come, the longest silent first; nothing is changed."""


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """A new account: `key` makes asking again with all the same harmless; the owner finds `email` filled in."""

    key: str
    tenant_id: TenantId
    venue_id: VenueId
    country: str
    email: str | None


@dataclass(frozen=True, slots=True)
class OnboardingLink:
    """Where the owner of an account gives what the provider wants to know. It works once, and not for long."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money on its way from the provider to the venue's bank; `status` is the provider's word for where it is."""

    id: str
    amount: Money
    status: str
    arrival_at: datetime
    created_at: datetime
    failure: str | None


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """Payouts, the newest first; `next_after` is the last one's id, None on the last page."""

    items: tuple[Payout, ...]
    next_after: str | None


class AccountGateway(Protocol):
    """A provider with accounts.

    Every call may be repeated. All raise ProviderUnavailableError (not known to have happened: ask again) and
    ProviderRefusedError (the request itself is wrong), and those that name an account raise AccountGoneError when the
    provider does not let us use it (any more). Never called in a transaction.
    """

    @abstractmethod
    async def create_account(self, request: AccountRequest) -> ProviderAccount:
        """Make an account, or return the one that was made by this key."""

    @abstractmethod
    async def retrieve_account(self, account_id: str) -> ProviderAccount:
        """Return the account as it stands."""

    @abstractmethod
    async def link_account(self, account_id: str, *, return_url: str, refresh_url: str) -> OnboardingLink:
        """Make a fresh link; its visitor comes to `return_url`, or to `refresh_url` when the link works no more."""

    @abstractmethod
    async def list_payouts(self, account_id: str, *, limit: int, after: str | None) -> PayoutPage:
        """Return a page of 1 to 100 payouts of the account; `after` is where the page before ended."""

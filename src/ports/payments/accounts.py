"""What payments need of connected accounts: their rows, and the provider that keeps them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.payments.accounts import AccountOwner, ConnectedAccount, ProviderAccount
from core.payments.platform_fee import PlatformFee
from core.shared.money import Money


class AccountStore(Protocol):
    """The connected accounts of one tenant, in one open transaction. Absence is None; another tenant's are absent."""

    @abstractmethod
    async def add(self, account: ConnectedAccount) -> bool:
        """Store a new account; False, and nothing stored, when its owner has one already."""

    @abstractmethod
    async def find(self, owner: AccountOwner) -> ConnectedAccount | None:
        """Return the owner's account without a lock, to be read."""

    @abstractmethod
    async def lock(self, owner: AccountOwner) -> ConnectedAccount | None:
        """Return the owner's account, and keep others from changing it until the transaction ends."""

    @abstractmethod
    async def save(self, account: ConnectedAccount) -> None:
        """Store the account as it is now; it has been added, and is locked."""

    @abstractmethod
    async def platform_fee(self) -> PlatformFee | None:
        """Return the fee that was agreed with this organisation; None where the usual one holds."""

    @abstractmethod
    async def agree_platform_fee(self, fee: PlatformFee | None, *, at: datetime) -> None:
        """Store the organisation's own fee; None goes back to the usual one."""


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
    owner: AccountOwner
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

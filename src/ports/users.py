"""What the context of people needs from the world: their rows, each person's in transactions of their own."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.shared.ids import AccountId
from core.users.billing_address import BillingAddress
from core.users.preferences import Preferences
from core.users.profile import Profile
from ports.events import Inbox, Outbox


class PersonStore(Protocol):
    """The rows of the one person whom the transaction names. What is read is locked until the transaction ends."""

    @abstractmethod
    async def profile(self) -> Profile | None:
        """Return the person's profile, or None."""

    @abstractmethod
    async def put_profile(self, profile: Profile) -> Profile:
        """Store the profile over the one that was read.

        Where none was read and another transaction stored one meanwhile, that one stays: return what is stored.
        """

    @abstractmethod
    async def preferences(self) -> Preferences | None:
        """Return what the person wants to be told, or None."""

    @abstractmethod
    async def put_preferences(self, preferences: Preferences) -> Preferences:
        """Store the preferences; as with profiles, the first to begin them wins. Return what is stored."""

    @abstractmethod
    async def billing_address(self) -> BillingAddress | None:
        """Return where the person's bills go, or None."""

    @abstractmethod
    async def put_billing_address(self, address: BillingAddress) -> BillingAddress:
        """Store the address; as with profiles, the first to begin it wins. Return what is stored."""

    @abstractmethod
    async def is_erased(self) -> bool:
        """Tell whether the person has asked to be forgotten."""


class UserTransaction(Protocol):
    """What one transaction sees: the rows of one person, and the messages of the service."""

    @property
    @abstractmethod
    def person(self) -> PersonStore: ...

    @property
    @abstractmethod
    def outbox(self) -> Outbox: ...

    @property
    @abstractmethod
    def inbox(self) -> Inbox: ...


class UserTransactions(Protocol):
    """Where a use case of this context begins its transaction."""

    @abstractmethod
    def begin(self, account_id: AccountId) -> AbstractAsyncContextManager[UserTransaction]:
        """Commit when the block ends, roll back when it raises; no other person's rows are seen.

        Raises StoreUnavailableError when the store cannot be reached.
        """

"""What the context of people needs from the world: their rows, each person's in transactions of their own."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.shared.ids import AccountId, DataRequestId
from core.users.billing_address import BillingAddress
from core.users.data_requests import DataRequest, RequestKind
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
    async def forget(self) -> Mapping[str, int]:
        """Delete profile, preferences, billing address, and the copies that were made; return how many of each."""

    @abstractmethod
    async def is_erased(self) -> bool:
        """Tell whether the person has asked to be forgotten."""


type Bundle = Mapping[str, Any]
"""A copy of all that is kept about a person, as JSON. Any: what services keep is as different as they are."""


@dataclass(frozen=True, slots=True)
class AnsweredPage:
    """One page of what one service keeps about the person: records by kind."""

    service: str
    page: int
    data: Bundle


class DataRequestStore(Protocol):
    """What the one person whom the transaction names asked about their data."""

    @abstractmethod
    async def get(self, request_id: DataRequestId) -> DataRequest | None:
        """Return the request, locked until the transaction ends, or None."""

    @abstractmethod
    async def newest(self, kind: RequestKind) -> DataRequest | None:
        """Return the newest request of the kind, locked until the transaction ends, or None."""

    @abstractmethod
    async def add(self, request: DataRequest) -> bool:
        """Store a new request; False, and nothing stored, while another of its kind is open."""

    @abstractmethod
    async def save(self, request: DataRequest) -> None:
        """Store how the request stands now."""

    @abstractmethod
    async def keep_page(self, request_id: DataRequestId, page: AnsweredPage) -> None:
        """Store a page over the one of the same service and number."""

    @abstractmethod
    async def take_pages(self, request_id: DataRequestId) -> Sequence[AnsweredPage]:
        """Return the pages, by service and number, and forget them."""

    @abstractmethod
    async def keep_bundle(self, request_id: DataRequestId, bundle: Bundle | None) -> None:
        """Store the copy, or forget it."""

    @abstractmethod
    async def bundle(self, request_id: DataRequestId) -> Bundle | None:
        """Return the copy, or None."""


class DueRequests(Protocol):
    """Finds requests about which something is to be done, of all people."""

    @abstractmethod
    async def due(self, *, now: datetime, requests_max: int) -> Sequence[tuple[AccountId, DataRequestId]]:
        """Return up to so many, those that wait longest first."""


class UserTransaction(Protocol):
    """What one transaction sees: the rows of one person, and the messages of the service."""

    person: PersonStore
    requests: DataRequestStore
    outbox: Outbox
    inbox: Inbox


class UserTransactions(Protocol):
    """Where a use case of this context begins its transaction."""

    @abstractmethod
    def begin(self, account_id: AccountId) -> AbstractAsyncContextManager[UserTransaction]:
        """Commit when the block ends, roll back when it raises; no other person's rows are seen.

        Raises StoreUnavailableError when the store cannot be reached.
        """

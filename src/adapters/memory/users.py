"""People in memory."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, override

from adapters.memory.messaging import MemoryMessages
from core.shared.ids import AccountId, DataRequestId
from core.users.billing_address import BillingAddress
from core.users.data_requests import DataRequest, RequestKind
from core.users.preferences import Preferences
from core.users.profile import Profile
from ports.events import Inbox, Outbox
from ports.users import (
    AnsweredPage,
    Bundle,
    DataRequestStore,
    DueRequests,
    PersonStore,
    UserTransaction,
    UserTransactions,
)


@dataclass(slots=True)
class PersonState:
    """What is stored of one person."""

    profile: Profile | None = None
    preferences: Preferences | None = None
    billing_address: BillingAddress | None = None
    requests: dict[DataRequestId, DataRequest] = field(default_factory=dict[DataRequestId, DataRequest])
    pages: dict[tuple[DataRequestId, str, int], AnsweredPage] = field(
        default_factory=dict[tuple[DataRequestId, str, int], AnsweredPage]
    )
    bundles: dict[DataRequestId, Bundle] = field(default_factory=dict[DataRequestId, Bundle])

    def copy(self) -> Self:
        """Return a copy that a transaction may change."""
        return replace(self, requests=dict(self.requests), pages=dict(self.pages), bundles=dict(self.bundles))


class MemoryPersonStore(PersonStore):
    """The rows of one account; the lock of the transaction is lock enough."""

    def __init__(self, state: PersonState) -> None:
        self._state = state

    @override
    async def profile(self) -> Profile | None:
        return self._state.profile

    @override
    async def put_profile(self, profile: Profile) -> Profile:
        stored = self._state.profile
        if stored is None or stored.version < profile.version:
            self._state.profile = stored = profile
        return stored

    @override
    async def preferences(self) -> Preferences | None:
        return self._state.preferences

    @override
    async def put_preferences(self, preferences: Preferences) -> Preferences:
        stored = self._state.preferences
        if stored is None or stored.version < preferences.version:
            self._state.preferences = stored = preferences
        return stored

    @override
    async def billing_address(self) -> BillingAddress | None:
        return self._state.billing_address

    @override
    async def put_billing_address(self, address: BillingAddress) -> BillingAddress:
        stored = self._state.billing_address
        if stored is None or stored.version < address.version:
            self._state.billing_address = stored = address
        return stored

    @override
    async def is_erased(self) -> bool:
        return any(request.kind is RequestKind.ERASURE for request in self._state.requests.values())

    @override
    async def forget(self) -> Mapping[str, int]:
        state = self._state
        exports = [each.id for each in state.requests.values() if each.kind is RequestKind.EXPORT]
        counts = {
            "profile": int(state.profile is not None),
            "preferences": int(state.preferences is not None),
            "billingAddress": int(state.billing_address is not None),
            "exports": len(exports),
        }
        state.profile = state.preferences = state.billing_address = None
        for request_id in exports:
            del state.requests[request_id]
            state.bundles.pop(request_id, None)
        for key in [key for key in state.pages if key[0] in exports]:
            del state.pages[key]
        return {kind: count for kind, count in counts.items() if count}


class MemoryDataRequestStore(DataRequestStore):
    """What one person asked about their data."""

    def __init__(self, state: PersonState) -> None:
        self._state = state

    @override
    async def get(self, request_id: DataRequestId) -> DataRequest | None:
        return self._state.requests.get(request_id)

    @override
    async def newest(self, kind: RequestKind) -> DataRequest | None:
        found = [each for each in self._state.requests.values() if each.kind is kind]
        return max(found, key=lambda each: each.id, default=None)

    @override
    async def add(self, request: DataRequest) -> bool:
        if any(each.kind is request.kind and each.is_open for each in self._state.requests.values()):
            return False
        self._state.requests[request.id] = request
        return True

    @override
    async def save(self, request: DataRequest) -> None:
        self._state.requests[request.id] = request

    @override
    async def keep_page(self, request_id: DataRequestId, page: AnsweredPage) -> None:
        self._state.pages[request_id, page.service, page.page] = page

    @override
    async def take_pages(self, request_id: DataRequestId) -> Sequence[AnsweredPage]:
        keys = sorted(key for key in self._state.pages if key[0] == request_id)
        return [self._state.pages.pop(key) for key in keys]

    @override
    async def keep_bundle(self, request_id: DataRequestId, bundle: Bundle | None) -> None:
        self._state.bundles.pop(request_id, None)
        if bundle is not None:
            self._state.bundles[request_id] = bundle

    @override
    async def bundle(self, request_id: DataRequestId) -> Bundle | None:
        return self._state.bundles.get(request_id)


@dataclass(slots=True)
class MemoryUserTransaction(UserTransaction):
    """The stores of one person in an open transaction."""

    person: PersonStore
    requests: DataRequestStore
    outbox: Outbox
    inbox: Inbox


@dataclass(slots=True)
class MemoryUserTransactions(UserTransactions):
    """One transaction at a time; what a failed one did is put back."""

    messages: MemoryMessages
    states: dict[AccountId, PersonState] = field(default_factory=dict[AccountId, PersonState])

    @override
    @asynccontextmanager
    async def begin(self, account_id: AccountId) -> AsyncGenerator[UserTransaction]:
        async with self.messages.transaction():
            draft = self.states.get(account_id, PersonState()).copy()
            yield MemoryUserTransaction(
                person=MemoryPersonStore(draft),
                requests=MemoryDataRequestStore(draft),
                outbox=self.messages.outbox(None),
                inbox=self.messages.inbox,
            )
            self.states[account_id] = draft


@dataclass(frozen=True, slots=True)
class MemoryDueRequests(DueRequests):
    """Looks through all people."""

    users: MemoryUserTransactions

    @override
    async def due(self, *, now: datetime, requests_max: int) -> Sequence[tuple[AccountId, DataRequestId]]:
        found = [
            (each.due_at, each.account_id, each.id)
            for state in self.users.states.values()
            for each in state.requests.values()
            if each.due_at is not None and each.due_at <= now
        ]
        return [(account_id, request_id) for _, account_id, request_id in sorted(found)[:requests_max]]

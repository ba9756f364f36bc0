"""People in memory."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import override

from adapters.memory.messaging import MemoryMessages
from core.shared.ids import AccountId
from core.users.billing_address import BillingAddress
from core.users.preferences import Preferences
from core.users.profile import Profile
from ports.events import Inbox, Outbox
from ports.users import PersonStore, UserTransaction, UserTransactions


@dataclass(slots=True)
class PersonState:
    """What is stored of one person."""

    profile: Profile | None = None
    preferences: Preferences | None = None
    billing_address: BillingAddress | None = None
    erased: bool = False


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
        return self._state.erased


@dataclass(frozen=True, slots=True)
class MemoryUserTransaction(UserTransaction):
    """The stores of one person in an open transaction."""

    person: PersonStore
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
            draft = replace(self.states.get(account_id, PersonState()))
            yield MemoryUserTransaction(
                person=MemoryPersonStore(draft), outbox=self.messages.outbox(None), inbox=self.messages.inbox
            )
            self.states[account_id] = draft

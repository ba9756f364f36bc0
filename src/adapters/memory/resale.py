"""Resale in memory: the twin of the PostgreSQL stores."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from typing import Self, override

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale_settings import MemorySettingStore, SettingRows
from core.resale.declared_facts import DeclaredFacts
from core.resale.policy import ResalePolicy
from core.resale.settings import Setting, Target
from core.shared.ids import TenantId
from ports.events import Inbox, Outbox
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.settings import SettingStore


@dataclass(frozen=True, slots=True)
class TenantResale:
    """What one tenant has: a mapping a store, of values that never change."""

    policies: SettingRows[ResalePolicy] = field(default_factory=dict[Target, tuple[Setting[ResalePolicy], ...]])
    facts: SettingRows[DeclaredFacts] = field(default_factory=dict[Target, tuple[Setting[DeclaredFacts], ...]])

    def copy(self) -> Self:
        """Return a picture that a transaction may change."""
        return type(self)(**{member.name: getattr(self, member.name).copy() for member in fields(self)})


@dataclass(frozen=True, slots=True)
class _Transaction:
    policies: SettingStore[ResalePolicy]
    facts: SettingStore[DeclaredFacts]
    outbox: Outbox
    inbox: Inbox


class MemoryResaleTransactions(ResaleTransactions):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, TenantResale] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, TenantResale()).copy()
            yield _Transaction(
                policies=MemorySettingStore(work.policies),
                facts=MemorySettingStore(work.facts),
                outbox=self._messages.outbox(tenant_id),
                inbox=self._messages.inbox,
            )
            self._tenants[tenant_id] = work

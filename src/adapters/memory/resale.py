"""Resale in memory: the twin of the PostgreSQL stores."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self, override

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale_blocks import BlockRows, MemoryBlockStore
from adapters.memory.resale_evaluations import (
    EvaluationRows,
    FindingRows,
    MemoryDueEvaluations,
    MemoryEvaluationStore,
)
from adapters.memory.resale_history import HistoryRows, MemoryHistoryStore
from adapters.memory.resale_listings import ListingRows, MemoryDueListings, MemoryListingStore, PurchaseRows
from adapters.memory.resale_settings import MemorySettingStore, SettingRows
from adapters.memory.resale_transfers import MemoryDueTransfers, MemoryTransferStore, TransferRows
from adapters.memory.resale_verdicts import MemoryVerdictStore
from adapters.memory.resale_verifications import MemoryVerificationStore, VerificationRows
from adapters.memory.resale_waiting import (
    MemoryDueWaitingLists,
    MemoryWaitingListStore,
    WaitingEntryRows,
    WaitingList,
    WaitingListRows,
)
from core.resale.law.declared_facts import DeclaredFacts
from core.resale.market.evaluation import Evaluation, EvaluationFinding
from core.resale.market.listed import Purchase
from core.resale.market.listing import Listing
from core.resale.policies.policy import ResalePolicy
from core.resale.policies.settings import Setting, Target
from core.resale.receipts.kept_verdict import KeptVerdict
from core.resale.transfers.history import KeptEntry
from core.resale.transfers.transfer import Transfer
from core.resale.trust.blocks import Block
from core.resale.trust.verifications import Verification, VerificationStatus
from core.resale.waiting.waiting_entry import WaitingEntry
from core.shared.ids import (
    EvaluationId,
    ListingId,
    PassId,
    ResaleBlockId,
    ReservationId,
    TenantId,
    TicketId,
    TransferId,
    VerdictId,
    VerificationId,
    WaitingEntryId,
)
from ports.events import Inbox, Outbox
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.blocks import BlockStore
from ports.resale.evaluations import DueEvaluations, EvaluationStore
from ports.resale.history import HistoryStore
from ports.resale.listings import DueListings, ListingStore
from ports.resale.settings import SettingStore
from ports.resale.transfers import DueTransfers, TransferStore
from ports.resale.verdicts import VerdictStore
from ports.resale.verifications import ExpiredVerifications, VerificationStore
from ports.resale.waiting_list import DueWaitingLists, WaitingListStore


@dataclass(frozen=True, slots=True)
class TenantResale:
    """What one tenant has: a mapping a store, of values that never change."""

    policies: SettingRows[ResalePolicy] = field(default_factory=dict[Target, tuple[Setting[ResalePolicy], ...]])
    facts: SettingRows[DeclaredFacts] = field(default_factory=dict[Target, tuple[Setting[DeclaredFacts], ...]])
    verifications: VerificationRows = field(default_factory=dict[VerificationId, Verification])
    blocks: BlockRows = field(default_factory=dict[ResaleBlockId, Block])
    history: HistoryRows = field(default_factory=dict[PassId, tuple[KeptEntry, ...]])
    verdicts: dict[VerdictId, KeptVerdict] = field(default_factory=dict[VerdictId, KeptVerdict])
    listings: ListingRows = field(default_factory=dict[ListingId, Listing])
    purchases: PurchaseRows = field(default_factory=dict[ReservationId, tuple[ListingId, Purchase]])
    evaluations: EvaluationRows = field(default_factory=dict[EvaluationId, Evaluation])
    findings: FindingRows = field(default_factory=dict[tuple[EvaluationId, ListingId], EvaluationFinding])
    transfers: TransferRows = field(default_factory=dict[TransferId, Transfer])
    waiting_lists: WaitingListRows = field(default_factory=dict[TicketId, WaitingList])
    waiting_entries: WaitingEntryRows = field(default_factory=dict[WaitingEntryId, WaitingEntry])

    def copy(self) -> Self:
        """Return a picture that a transaction may change."""
        return type(self)(**{member.name: getattr(self, member.name).copy() for member in fields(self)})


@dataclass(frozen=True, slots=True)
class _Transaction:
    policies: SettingStore[ResalePolicy]
    facts: SettingStore[DeclaredFacts]
    verifications: VerificationStore
    blocks: BlockStore
    history: HistoryStore
    verdicts: VerdictStore
    listings: ListingStore
    evaluations: EvaluationStore
    transfers: TransferStore
    waiting_list: WaitingListStore
    outbox: Outbox
    inbox: Inbox


class MemoryResaleTransactions(ResaleTransactions, ExpiredVerifications):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, TenantResale] = {}
        self.due_listings: DueListings = MemoryDueListings(self._listings)
        self.due_evaluations: DueEvaluations = MemoryDueEvaluations(self._evaluations, self._listings)
        self.due_transfers: DueTransfers = MemoryDueTransfers(self._transfers)
        self.due_waiting_lists: DueWaitingLists = MemoryDueWaitingLists(self._waiting_lists)

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, TenantResale()).copy()
            yield _Transaction(
                policies=MemorySettingStore(work.policies),
                facts=MemorySettingStore(work.facts),
                verifications=MemoryVerificationStore(work.verifications),
                blocks=MemoryBlockStore(work.blocks),
                history=MemoryHistoryStore(work.history),
                verdicts=MemoryVerdictStore(work.verdicts),
                listings=MemoryListingStore(work.listings, work.purchases),
                evaluations=MemoryEvaluationStore(work.evaluations, work.findings),
                transfers=MemoryTransferStore(work.transfers),
                waiting_list=MemoryWaitingListStore(work.waiting_lists, work.waiting_entries),
                outbox=self._messages.outbox(tenant_id),
                inbox=self._messages.inbox,
            )
            self._tenants[tenant_id] = work

    @override
    async def due(self, *, now: datetime, verifications_max: int) -> Sequence[tuple[TenantId, VerificationId]]:
        async with self._messages.lock:
            ended = [
                (one.expires_at, tenant_id, one.id)
                for tenant_id, tenant in self._tenants.items()
                for one in tenant.verifications.values()
                if one.status_at(now) is VerificationStatus.EXPIRED and one.status is not VerificationStatus.EXPIRED
            ]
        return [(tenant_id, one_id) for _, tenant_id, one_id in sorted(ended)[:verifications_max]]

    def tenants(self) -> Sequence[tuple[TenantId, TenantResale]]:
        """Return what is stored, of each tenant."""
        return list(self._tenants.items())

    def _listings(self) -> Iterator[tuple[TenantId, Mapping[ListingId, Listing]]]:
        return ((tenant_id, work.listings) for tenant_id, work in self._tenants.items())

    def _evaluations(self) -> Iterator[tuple[TenantId, Mapping[EvaluationId, Evaluation]]]:
        return ((tenant_id, work.evaluations) for tenant_id, work in self._tenants.items())

    def _transfers(self) -> Iterator[tuple[TenantId, Mapping[TransferId, Transfer]]]:
        return ((tenant_id, work.transfers) for tenant_id, work in self._tenants.items())

    def _waiting_lists(self) -> Iterator[tuple[TenantId, Mapping[TicketId, WaitingList]]]:
        return ((tenant_id, work.waiting_lists) for tenant_id, work in self._tenants.items())

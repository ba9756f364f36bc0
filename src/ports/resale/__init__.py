"""What resale needs from the world: its rows, each store in a module of its own."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.resale.law.declared_facts import DeclaredFacts
from core.resale.policies.policy import ResalePolicy
from core.shared.ids import TenantId
from ports.events import Inbox, Outbox
from ports.resale.blocks import BlockStore
from ports.resale.evaluations import EvaluationStore
from ports.resale.history import HistoryStore
from ports.resale.listings import ListingStore
from ports.resale.settings import SettingStore
from ports.resale.transfers import TransferStore
from ports.resale.verdicts import VerdictStore
from ports.resale.verifications import VerificationStore
from ports.resale.waiting_list import WaitingListStore


class ResaleTransaction(Protocol):
    """One transaction of one tenant."""

    @property
    def policies(self) -> SettingStore[ResalePolicy]: ...
    @property
    def facts(self) -> SettingStore[DeclaredFacts]: ...
    @property
    def verifications(self) -> VerificationStore: ...
    @property
    def blocks(self) -> BlockStore: ...
    @property
    def history(self) -> HistoryStore: ...
    @property
    def verdicts(self) -> VerdictStore: ...
    @property
    def listings(self) -> ListingStore: ...
    @property
    def evaluations(self) -> EvaluationStore: ...
    @property
    def transfers(self) -> TransferStore: ...
    @property
    def waiting_list(self) -> WaitingListStore: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...


class ResaleTransactions(Protocol):
    """Opens transactions on what a tenant has in resale."""

    @abstractmethod
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[ResaleTransaction]:
        """Commit when the block ends and roll back when it raises; nothing else commits.

        Raises StoreUnavailableError when the store cannot be reached.
        """

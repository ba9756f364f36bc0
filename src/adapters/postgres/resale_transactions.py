"""Resale on PostgreSQL: transactions of one tenant."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import override

import msgspec

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Pool
from adapters.postgres.resale_blocks import PostgresBlockStore
from adapters.postgres.resale_evaluations import PostgresEvaluationStore
from adapters.postgres.resale_history import PostgresHistoryStore
from adapters.postgres.resale_listings import PostgresListingStore
from adapters.postgres.resale_settings import PostgresSettingStore, SettingTables
from adapters.postgres.resale_transfers import PostgresTransferStore
from adapters.postgres.resale_verdicts import PostgresVerdictStore
from adapters.postgres.resale_verifications import PostgresVerificationStore
from adapters.postgres.resale_waiting import PostgresWaitingListStore
from adapters.postgres.transactions import tenant_transaction
from core.resale.law.declared_facts import DeclaredFacts
from core.resale.policies.policy import ResalePolicy
from core.shared.ids import TenantId
from ports.events import Inbox, Outbox
from ports.ids import IdSource
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.blocks import BlockStore
from ports.resale.evaluations import EvaluationStore
from ports.resale.history import HistoryStore
from ports.resale.listings import ListingStore
from ports.resale.settings import SettingStore
from ports.resale.transfers import TransferStore
from ports.resale.verdicts import VerdictStore
from ports.resale.verifications import VerificationStore
from ports.resale.waiting_list import WaitingListStore

_POLICIES = SettingTables("resale_policies", "resale_policy_changes", msgspec.json.Decoder(ResalePolicy))
_FACTS = SettingTables("resale_facts", "resale_fact_changes", msgspec.json.Decoder(DeclaredFacts))


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


class PostgresResaleTransactions(ResaleTransactions):
    """Transactions on venue_db, as the app role."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield _Transaction(
                policies=PostgresSettingStore(connection, tenant_id, tables=_POLICIES, ids=self._ids),
                facts=PostgresSettingStore(connection, tenant_id, tables=_FACTS, ids=self._ids),
                verifications=PostgresVerificationStore(connection, tenant_id),
                blocks=PostgresBlockStore(connection, tenant_id),
                history=PostgresHistoryStore(connection, tenant_id),
                verdicts=PostgresVerdictStore(connection, tenant_id),
                listings=PostgresListingStore(connection, tenant_id),
                evaluations=PostgresEvaluationStore(connection, tenant_id),
                transfers=PostgresTransferStore(connection, tenant_id),
                waiting_list=PostgresWaitingListStore(connection, tenant_id),
                outbox=PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
                inbox=PostgresInbox(connection, tenant_id=tenant_id),
            )

"""The transactions of admission on PostgreSQL."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import override

from adapters.postgres.admission_handovers import PostgresHandoverStore
from adapters.postgres.admission_keys import PostgresPassKeyStore
from adapters.postgres.admission_orders import PostgresOrderDisputeStore, PostgresOrderStandingStore
from adapters.postgres.admission_passes import PostgresPassStore
from adapters.postgres.admission_scans import PostgresScanStore
from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Pool
from adapters.postgres.transactions import tenant_transaction
from core.shared.ids import TenantId
from ports.admission import (
    AdmissionTransaction,
    AdmissionTransactions,
    HandoverStore,
    OrderDisputeStore,
    OrderStandingStore,
    PassKeyStore,
    PassStore,
    ScanStore,
)
from ports.events import Inbox, Outbox
from ports.ids import IdSource


@dataclass(slots=True)
class PostgresAdmissionTransaction(AdmissionTransaction):
    """The stores of one tenant in an open transaction."""

    passes: PassStore
    handovers: HandoverStore
    scans: ScanStore
    orders: OrderStandingStore
    disputes: OrderDisputeStore
    keys: PassKeyStore
    outbox: Outbox
    inbox: Inbox


class PostgresAdmissionTransactions(AdmissionTransactions):
    """Transactions on admission_db as its app role, which sees the rows of the transaction's tenant only."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[AdmissionTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield PostgresAdmissionTransaction(
                passes=PostgresPassStore(connection, tenant_id),
                handovers=PostgresHandoverStore(connection, tenant_id),
                scans=PostgresScanStore(connection, tenant_id),
                orders=PostgresOrderStandingStore(connection, tenant_id),
                disputes=PostgresOrderDisputeStore(connection, tenant_id),
                keys=PostgresPassKeyStore(connection, tenant_id),
                outbox=PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
                inbox=PostgresInbox(connection, tenant_id=tenant_id),
            )

"""The transactions of admission, orders' standings and keys in memory."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override

from adapters.memory.admission_passes import AdmissionState, MemoryHandoverStore, MemoryPassStore, MemoryScanStore
from adapters.memory.messaging import MemoryMessages
from core.admission.disputes import OrderDispute
from core.admission.keys import PassKey
from core.admission.passes import OrderStanding, Pass, PassStatus
from core.shared.ids import AccountId, OrderId, PassId, TenantId, TicketId
from ports.admission import (
    AdmissionTransaction,
    AdmissionTransactions,
    HandoverStore,
    OrderDisputeStore,
    OrderStandingStore,
    PassesOfPerson,
    PassKeyStore,
    PassStore,
    ScanStore,
)
from ports.events import Inbox, Outbox


class MemoryOrderStandingStore(OrderStandingStore):
    """What was heard of the orders of one tenant; the lock of the transaction is lock enough."""

    def __init__(self, state: AdmissionState) -> None:
        self._orders = state.orders

    @override
    async def get(self, order_id: OrderId) -> OrderStanding | None:
        return self._orders.get(order_id)

    @override
    async def note(
        self, order_id: OrderId, *, account_id: AccountId | None = None, refunded_at: datetime | None = None
    ) -> OrderStanding:
        known = self._orders.get(order_id, OrderStanding(order_id))
        noted = replace(
            known,
            account_id=known.account_id if known.account_id is not None else account_id,
            refunded_at=known.refunded_at if known.refunded_at is not None else refunded_at,
        )
        self._orders[order_id] = noted
        return noted


class MemoryOrderDisputeStore(OrderDisputeStore):
    """What was heard of the disputes of one tenant's orders."""

    def __init__(self, state: AdmissionState) -> None:
        self._disputes = state.disputes

    @override
    async def note(self, dispute: OrderDispute, *, at: datetime) -> None:
        known = self._disputes.get(dispute.dispute_id)
        if known is None or known.version < dispute.version:
            self._disputes[dispute.dispute_id] = dispute

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[OrderDispute]:
        found = [each for each in self._disputes.values() if each.order_id == order_id]
        return sorted(found, key=lambda each: each.dispute_id)


class MemoryPassKeyStore(PassKeyStore):
    """The keys of the events of one tenant."""

    def __init__(self, state: AdmissionState) -> None:
        self._keys = state.keys

    @override
    async def of_ticket(self, ticket_id: TicketId) -> PassKey | None:
        return self._keys.get(ticket_id)

    @override
    async def get(self, key_id: bytes) -> PassKey | None:
        return next((key for key in self._keys.values() if key.key_id == key_id), None)

    @override
    async def of_tickets(self, ticket_ids: Sequence[TicketId]) -> Sequence[PassKey]:
        return [self._keys[ticket_id] for ticket_id in dict.fromkeys(ticket_ids) if ticket_id in self._keys]

    @override
    async def add_first(self, key: PassKey) -> PassKey:
        return self._keys.setdefault(key.ticket_id, key)

    @override
    async def newest(self, *, keys_max: int) -> Sequence[PassKey]:
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.key_id), reverse=True)[:keys_max]


@dataclass(slots=True)
class MemoryAdmissionTransaction(AdmissionTransaction):
    """The stores of one tenant in an open transaction."""

    passes: PassStore
    handovers: HandoverStore
    scans: ScanStore
    orders: OrderStandingStore
    disputes: OrderDisputeStore
    keys: PassKeyStore
    outbox: Outbox
    inbox: Inbox


class MemoryAdmissionTransactions(AdmissionTransactions):
    """One transaction at a time; what a failed one did is put back."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._states: dict[TenantId, AdmissionState] = {}

    def states(self) -> Sequence[AdmissionState]:
        """Return what is stored, of each tenant."""
        return list(self._states.values())

    def by_tenant(self) -> Mapping[TenantId, AdmissionState]:
        """Return what is stored, by tenant."""
        return dict(self._states)

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[AdmissionTransaction]:
        async with self._messages.transaction():
            draft = self._states.get(tenant_id, AdmissionState()).copy()
            yield MemoryAdmissionTransaction(
                passes=MemoryPassStore(draft),
                handovers=MemoryHandoverStore(draft),
                scans=MemoryScanStore(draft),
                orders=MemoryOrderStandingStore(draft),
                disputes=MemoryOrderDisputeStore(draft),
                keys=MemoryPassKeyStore(draft),
                outbox=self._messages.outbox(tenant_id),
                inbox=self._messages.inbox,
            )
            self._states[tenant_id] = draft


class MemoryPassesOfPerson(PassesOfPerson):
    """Looks through all tenants."""

    def __init__(self, admission: MemoryAdmissionTransactions) -> None:
        self._admission = admission

    @override
    async def to_come(self, account_id: AccountId, *, now: datetime, passes_max: int) -> Sequence[Pass]:
        found = [
            each
            for state in self._admission.states()
            for each in state.passes.values()
            if each.account_id == account_id and each.status is not PassStatus.VOID and each.event.ends_at > now
        ]
        return sorted(found, key=lambda each: (each.event.starts_at, each.id))[:passes_max]

    @override
    async def left_behind(
        self, account_id: AccountId, *, now: datetime, passes_max: int
    ) -> Sequence[tuple[TenantId, PassId]]:
        found = [
            (tenant_id, each.id)
            for tenant_id, state in self._admission.by_tenant().items()
            for each in state.passes.values()
            if each.account_id == account_id and each.status is not PassStatus.VOID and each.event.ends_at > now
            if each.offer is None
        ]
        return sorted(found)[:passes_max]

"""Passes, orders' standings and keys in memory."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override
from uuid import UUID

from adapters.memory.messaging import MemoryMessages
from core.admission.disputes import OrderDispute
from core.admission.keys import PassKey
from core.admission.offers import Handover, Reissue
from core.admission.passes import REFUNDED, OrderStanding, Pass, PassStatus, Unit
from core.admission.scans import Scan, ScanDirection
from core.shared.ids import AccountId, DisputeId, OrderId, OrderItemId, PassId, ScanId, TenantId, TicketId
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
from ports.paging import Page, PageRequest


@dataclass(slots=True)
class _State:
    passes: dict[PassId, Pass] = field(default_factory=dict[PassId, Pass])
    orders: dict[OrderId, OrderStanding] = field(default_factory=dict[OrderId, OrderStanding])
    keys: dict[TicketId, PassKey] = field(default_factory=dict[TicketId, PassKey])
    returned: dict[Unit, OrderId] = field(default_factory=dict[Unit, OrderId])
    disputes: dict[DisputeId, OrderDispute] = field(default_factory=dict[DisputeId, OrderDispute])

    handovers: dict[UUID, Handover] = field(default_factory=dict[UUID, Handover])
    reissues: dict[OrderItemId, Reissue] = field(default_factory=dict[OrderItemId, Reissue])
    scans: dict[ScanId, Scan] = field(default_factory=dict[ScanId, Scan])

    def copy(self) -> "_State":
        return _State(
            dict(self.passes),
            dict(self.orders),
            dict(self.keys),
            dict(self.returned),
            dict(self.disputes),
            dict(self.handovers),
            dict(self.reissues),
            dict(self.scans),
        )


class MemoryPassStore(PassStore):
    """The passes of one tenant in an open transaction."""

    def __init__(self, state: _State) -> None:
        self._passes = state.passes
        self._returned = state.returned

    @override
    async def add_missing(self, passes: Sequence[Pass]) -> Sequence[PassId]:
        taken = {(each.order_item_id, each.unit) for each in self._passes.values()}
        added = [each for each in passes if (each.order_item_id, each.unit) not in taken]
        self._passes.update({each.id: each for each in added})
        return [each.id for each in added]

    @override
    async def get(self, pass_id: PassId) -> Pass | None:
        return self._passes.get(pass_id)

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[Pass]:
        found = [each for each in self._passes.values() if each.order_id == order_id]
        return sorted(found, key=lambda each: each.id)

    @override
    async def lock(self, pass_id: PassId) -> Pass | None:
        return self._passes.get(pass_id)

    @override
    async def save(self, changed: Pass) -> None:
        if changed.id in self._passes:
            self._passes[changed.id] = changed

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId, status: PassStatus | None) -> Page[Pass]:
        wanted = [
            each
            for each in self._passes.values()
            if each.account_id == account_id
            and status in {None, each.status}
            and (page.after is None or each.id < page.after)
        ]
        return _page_of(sorted(wanted, key=lambda each: each.id, reverse=True), page)

    @override
    async def of_ticket(self, page: PageRequest, ticket_id: TicketId) -> Page[Pass]:
        wanted = [
            each
            for each in self._passes.values()
            if each.event.ticket_id == ticket_id and (page.after is None or each.id > page.after)
        ]
        return _page_of(sorted(wanted, key=lambda each: each.id), page)

    @override
    async def void_order(self, order_id: OrderId, *, at: datetime, reason: str = REFUNDED) -> Sequence[PassId]:
        live = [each for each in await self.of_order(order_id) if each.status is not PassStatus.VOID]
        return self._changed([each.voided(at=at, reason=reason) for each in live])

    @override
    async def freeze_order(self, order_id: OrderId, *, reason: str, at: datetime) -> Sequence[PassId]:
        valid = [each for each in await self.of_order(order_id) if each.status is PassStatus.VALID]
        return self._changed([each.frozen(at=at, reason=reason) for each in valid])

    @override
    async def thaw_order(self, order_id: OrderId) -> Sequence[PassId]:
        frozen = [each for each in await self.of_order(order_id) if each.status is PassStatus.FROZEN]
        return self._changed([each.thawed() for each in frozen])

    @override
    async def void_units(
        self, order_id: OrderId, units: Collection[Unit], *, reason: str, at: datetime
    ) -> Sequence[PassId]:
        for unit in units:
            self._returned.setdefault(unit, order_id)
        ended = [
            each.voided(at=at, reason=reason)
            for each in await self.of_order(order_id)
            if (each.order_item_id, each.unit) in units and each.status is not PassStatus.VOID
        ]
        return self._changed(ended)

    def _changed(self, passes: Sequence[Pass]) -> Sequence[PassId]:
        self._passes.update({each.id: each for each in passes})
        return [each.id for each in passes]

    @override
    async def returned(self, order_id: OrderId) -> frozenset[Unit]:
        return frozenset(unit for unit, of_order in self._returned.items() if of_order == order_id)


def _page_of(wanted: list[Pass], page: PageRequest) -> Page[Pass]:
    items = wanted[: page.limit]
    return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)


class MemoryHandoverStore(HandoverStore):
    """What became of offered passes of one tenant."""

    def __init__(self, state: _State) -> None:
        self._handovers = state.handovers
        self._reissues = state.reissues

    @override
    async def handover(self, offer_id: UUID) -> Handover | None:
        return self._handovers.get(offer_id)

    @override
    async def add_handover(self, handover: Handover) -> None:
        self._handovers[handover.offer_id] = handover

    @override
    async def reissue(self, order_item_id: OrderItemId) -> Reissue | None:
        return self._reissues.get(order_item_id)

    @override
    async def add_reissue(self, reissue: Reissue) -> None:
        self._reissues[reissue.order_item_id] = reissue


class MemoryScanStore(ScanStore):
    """What was seen at the gates of one tenant."""

    def __init__(self, state: _State) -> None:
        self._scans = state.scans
        self._passes = state.passes

    @override
    async def add(self, scan: Scan) -> bool:
        return self._scans.setdefault(scan.id, scan) is scan

    @override
    async def get(self, scan_id: ScanId) -> Scan | None:
        return self._scans.get(scan_id)

    @override
    async def first_inside(self, pass_id: PassId, *, since: datetime) -> Scan | None:
        came_in = [
            each
            for each in self._in_order()
            if each.pass_id == pass_id
            and each.scanned_at >= since
            and each.admitted
            and each.direction is ScanDirection.IN
        ]
        return came_in[0] if came_in else None

    @override
    async def of_order(self, order_id: OrderId, *, scans_max: int) -> Sequence[Scan]:
        passes = {each.id for each in self._passes.values() if each.order_id == order_id}
        return [each for each in self._in_order() if each.pass_id in passes][:scans_max]

    def _in_order(self) -> list[Scan]:
        return sorted(self._scans.values(), key=lambda each: (each.scanned_at, each.id))


class MemoryOrderStandingStore(OrderStandingStore):
    """What was heard of the orders of one tenant; the lock of the transaction is lock enough."""

    def __init__(self, state: _State) -> None:
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

    def __init__(self, state: _State) -> None:
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

    def __init__(self, state: _State) -> None:
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
        self._states: dict[TenantId, _State] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[AdmissionTransaction]:
        async with self._messages.transaction():
            draft = self._states.get(tenant_id, _State()).copy()
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

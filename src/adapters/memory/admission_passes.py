"""Passes, how they change hands, and their scans, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override
from uuid import UUID

from core.admission.disputes import OrderDispute
from core.admission.keys import PassKey
from core.admission.offers import Handover, Reissue
from core.admission.passes import REFUNDED, OrderStanding, Pass, PassStatus, Unit
from core.admission.scans import Scan, ScanDirection
from core.shared.ids import AccountId, DisputeId, OrderId, OrderItemId, PassId, ScanId, SeatId, TicketId
from ports.admission import HandoverStore, PassStore, ScanStore
from ports.paging import Page, PageRequest


@dataclass(slots=True)
class AdmissionState:
    """What admission knows of one tenant."""

    passes: dict[PassId, Pass] = field(default_factory=dict[PassId, Pass])
    orders: dict[OrderId, OrderStanding] = field(default_factory=dict[OrderId, OrderStanding])
    keys: dict[TicketId, PassKey] = field(default_factory=dict[TicketId, PassKey])
    returned: dict[Unit, OrderId] = field(default_factory=dict[Unit, OrderId])
    disputes: dict[DisputeId, OrderDispute] = field(default_factory=dict[DisputeId, OrderDispute])

    handovers: dict[UUID, Handover] = field(default_factory=dict[UUID, Handover])
    reissues: dict[OrderItemId, Reissue] = field(default_factory=dict[OrderItemId, Reissue])
    scans: dict[ScanId, Scan] = field(default_factory=dict[ScanId, Scan])

    def copy(self) -> "AdmissionState":
        """Return a draft that can be thrown away; what it holds never changes."""
        return AdmissionState(
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

    def __init__(self, state: AdmissionState) -> None:
        self._passes = state.passes
        self._returned = state.returned
        self._handovers = state.handovers

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
    async def ever_held(self, account_id: AccountId, ticket_id: TicketId, *, passes_max: int) -> Sequence[Pass]:
        gave = {each.pass_id for each in self._handovers.values() if each.from_account_id == account_id}
        found = [
            each
            for each in self._passes.values()
            if each.event.ticket_id == ticket_id and (each.account_id == account_id or each.id in gave)
        ]
        return sorted(found, key=lambda each: each.id)[:passes_max]

    @override
    async def lock_of_seats(self, ticket_id: TicketId, seat_ids: Sequence[SeatId]) -> Sequence[Pass]:
        found = [
            each
            for each in self._passes.values()
            if each.event.ticket_id == ticket_id
            and each.seat is not None
            and each.seat.seat_id in seat_ids
            and each.status is not PassStatus.VOID
        ]
        return sorted(found, key=lambda each: each.id)

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

    def __init__(self, state: AdmissionState) -> None:
        self._handovers = state.handovers
        self._reissues = state.reissues

    @override
    async def handover(self, offer_id: UUID) -> Handover | None:
        return self._handovers.get(offer_id)

    @override
    async def of_passes(self, pass_ids: Sequence[PassId]) -> Sequence[Handover]:
        found = [each for each in self._handovers.values() if each.pass_id in pass_ids]
        return sorted(found, key=lambda each: (each.pass_id, each.revision))

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

    def __init__(self, state: AdmissionState) -> None:
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

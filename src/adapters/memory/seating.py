"""Seating in memory: the twin of the PostgreSQL stores. The rules are the core's own functions."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from adapters.memory.messaging import MemoryMessages
from adapters.memory.plan_writing import MemoryPlanWriting
from adapters.memory.seating_changes import MemoryPlanChanges
from adapters.memory.seating_plans import MemoryPlans, TenantSeating
from core.seating import ledger
from core.seating.blocking import AuditLine, Intervention, WantedSeat
from core.seating.errors import PlanNotFoundError, ReservationNotFoundError
from core.seating.layout import Layout
from core.seating.ledger import Change, Picture
from core.seating.plans import PlannedSeat
from core.seating.reservations import Reservation, ReservationStatus
from core.seating.seats import Blocked, Held, Reserved, SeatState, letter_of, state_at
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from ports.events import Inbox, Outbox
from ports.seating import (
    DueReservation,
    Ended,
    Entry,
    ExpiredReservations,
    PlanStore,
    SeatBlocks,
    SeatingTransaction,
    SeatingTransactions,
    SeatLedger,
    SeatLetters,
)
from ports.seating.plan_changes import PlanChanges
from ports.seating.plan_writing import PlanWriting


class _Ledger(SeatLedger):
    def __init__(self, tenant: TenantSeating) -> None:
        self._tenant = tenant

    @override
    async def get(self, reservation_id: ReservationId) -> Reservation:
        reservation = self._tenant.entries.get(reservation_id)
        if reservation is None:
            raise ReservationNotFoundError("There is no such hold or reservation.")
        return reservation

    @override
    async def lock(self, reservation_id: ReservationId) -> Entry:
        reservation = await self.get(reservation_id)
        return Entry(reservation, {seat_id: self._tenant.seats[seat_id] for seat_id in reservation.seat_ids})

    @override
    async def lock_alone(self, reservation_id: ReservationId) -> Reservation:
        return await self.get(reservation_id)

    @override
    async def lock_all(self, reservation_ids: Sequence[ReservationId], *, wait: bool) -> Sequence[Entry]:
        return [await self.lock(id) for id in sorted(set(reservation_ids)) if id in self._tenant.entries]

    @override
    async def expire(self, reservation_ids: Sequence[ReservationId], *, now: datetime, wait: bool) -> Sequence[Ended]:
        entries = await self.lock_all(reservation_ids, wait=wait)
        changes = [ledger.expire(entry.reservation, seats=entry.seats, now=now) for entry in entries]
        happened = [change for change in changes if change.happened]
        await self.save(happened)
        return [
            Ended(change.reservation.id, change.reservation.plan_id, tuple(sorted(change.seats))) for change in happened
        ]

    @override
    async def save(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._tenant.entries[change.reservation.id] = change.reservation
            self._tenant.seats.update(change.seats)

    @override
    async def add(self, sold: Change) -> None:
        await self.save([sold])

    @override
    async def picture(self, reservation_id: ReservationId) -> Picture:
        entry = self._tenant.entries.get(reservation_id)
        return {seat_id: self._tenant.seats[seat_id] for seat_id in entry.seat_ids} if entry is not None else {}

    @override
    async def states(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Picture:
        return {seat_id: wanted.state for seat_id, wanted in self._tenant.wanted(plan_id, seat_ids).items()}

    @override
    async def owned(self, plan_id: PlanId, account_id: AccountId, *, now: datetime) -> int:
        return sum(
            entry.seats_count
            for entry in self._tenant.entries.values()
            if entry.plan_id == plan_id and entry.account_id == account_id and not entry.has_ended(now)
        )

    @override
    async def seat_map(self, plan_id: PlanId) -> Sequence[tuple[PlannedSeat, SeatState]]:
        layout = self._tenant.layouts.get(plan_id, Layout((), ()))
        return [(seat, self._tenant.seats[seat.id]) for seat in layout.seats]

    @override
    async def letters(
        self, plan_id: PlanId, *, now: datetime, between: tuple[SeatId, SeatId] | None = None
    ) -> SeatLetters:
        states = [
            state_at(state, now)
            for seat, state in await self.seat_map(plan_id)
            if between is None or between[0] <= seat.id <= between[1]
        ]
        ends = [state.until for state in states if isinstance(state, Held | Reserved | Blocked) and state.until]
        return SeatLetters("".join(letter_of(state) for state in states), min(ends, default=None))


class _Blocks(SeatBlocks):
    def __init__(self, tenant: TenantSeating) -> None:
        self._tenant = tenant

    @override
    async def lock(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Mapping[SeatId, WantedSeat]:
        if plan_id not in self._tenant.plans:
            raise PlanNotFoundError("There is no such seating plan.")
        return self._tenant.wanted(plan_id, seat_ids)

    @override
    async def save(self, intervention: Intervention) -> None:
        self._tenant.seats.update(intervention.seats)
        await self.note(intervention.plan_id, intervention.lines())

    @override
    async def note(self, plan_id: PlanId, lines: Sequence[AuditLine]) -> None:
        self._tenant.audit.extend(lines)

    @override
    async def audit(self, seat_id: SeatId) -> Sequence[AuditLine]:
        return [line for line in self._tenant.audit if line.seat_id == seat_id]


@dataclass(frozen=True, slots=True)
class _Transaction:
    plans: PlanStore
    seats: SeatLedger
    blocks: SeatBlocks
    outbox: Outbox
    inbox: Inbox
    writing: PlanWriting
    changes: PlanChanges


class MemorySeatingTransactions(SeatingTransactions, ExpiredReservations):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, TenantSeating] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, TenantSeating()).copy()
            outbox = self._messages.outbox(tenant_id)
            inbox, writing, changes = self._messages.inbox, MemoryPlanWriting(work), MemoryPlanChanges(work)
            yield _Transaction(MemoryPlans(work), _Ledger(work), _Blocks(work), outbox, inbox, writing, changes)
            self._tenants[tenant_id] = work

    @override
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[DueReservation]:
        timed = {ReservationStatus.HELD, ReservationStatus.RESERVED}
        async with self._messages.lock:
            ended = [
                (entry.expires_at, DueReservation(tenant_id, entry.plan_id, entry.id))
                for tenant_id, tenant in self._tenants.items()
                for entry in tenant.entries.values()
                if entry.status in timed and entry.has_ended(now)
            ]
        return [due for _, due in sorted(ended)[:reservations_max]]

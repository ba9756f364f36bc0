"""Seating in memory: the twin of the PostgreSQL stores. The rules are the core's own functions."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override

from adapters.memory.messaging import MemoryMessages
from core.seating import ledger
from core.seating.allotments import Allotments
from core.seating.blocking import AuditLine, Intervention, WantedSeat
from core.seating.errors import PlanNotFoundError, ReservationNotFoundError, TicketHasActivePlanError
from core.seating.layout import Layout
from core.seating.ledger import Change, Picture
from core.seating.plans import PlannedSeat, PlanStatus, PriceTier, SeatingPlan, Section
from core.seating.pricing import Pricing
from core.seating.reservations import Reservation, ReservationSeat, ReservationStatus
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, letter_of, state_at
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId, TicketId
from ports.events import Inbox, Outbox
from ports.paging import Page, PageRequest
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


@dataclass(slots=True)
class _Tenant:
    plans: dict[PlanId, SeatingPlan] = field(default_factory=dict[PlanId, SeatingPlan])
    layouts: dict[PlanId, Layout] = field(default_factory=dict[PlanId, Layout])
    tiers: dict[PlanId, tuple[PriceTier, ...]] = field(default_factory=dict[PlanId, tuple[PriceTier, ...]])
    seats: dict[SeatId, SeatState] = field(default_factory=dict[SeatId, SeatState])
    entries: dict[ReservationId, Reservation] = field(default_factory=dict[ReservationId, Reservation])
    audit: list[AuditLine] = field(default_factory=list[AuditLine])
    allotments: dict[PlanId, Allotments] = field(default_factory=dict[PlanId, Allotments])

    def copy(self) -> "_Tenant":
        return _Tenant(
            dict(self.plans),
            dict(self.layouts),
            dict(self.tiers),
            dict(self.seats),
            dict(self.entries),
            list(self.audit),
            dict(self.allotments),
        )

    def wanted(self, plan_id: PlanId, seat_ids: Collection[SeatId]) -> dict[SeatId, WantedSeat]:
        """Return those of the seats that the plan has, in the order of the hall."""
        layout = self.layouts.get(plan_id, Layout((), ()))
        sections = {section.id: section.name for section in layout.sections}
        asked = frozenset(seat_ids)
        return {
            seat.id: WantedSeat(
                ReservationSeat(
                    seat_id=seat.id,
                    section_id=seat.section_id,
                    label=seat.label,
                    section=sections[seat.section_id],
                    row=seat.row,
                    number=seat.number,
                    column=seat.column,
                    price_minor=seat.price_minor,
                ),
                self.seats[seat.id],
            )
            for seat in layout.seats
            if seat.id in asked
        }


class _Plans(PlanStore):
    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    @override
    async def add(self, plan: SeatingPlan, layout: Layout) -> None:
        self._tenant.plans[plan.id] = plan
        self._tenant.layouts[plan.id] = layout
        self._tenant.seats.update((seat.id, Available()) for seat in layout.seats)

    @override
    async def get(self, plan_id: PlanId) -> SeatingPlan:
        plan = self._tenant.plans.get(plan_id)
        if plan is None:
            raise PlanNotFoundError("There is no such seating plan.")
        return plan

    @override
    async def page(self, page: PageRequest, *, ticket_id: TicketId | None) -> Page[SeatingPlan]:
        after = page.after
        rest = [
            plan
            for plan in sorted(self._tenant.plans.values(), key=lambda plan: plan.id)
            if (ticket_id is None or plan.ticket_id == ticket_id) and (after is None or plan.id > after)
        ]
        shown = tuple(rest[: page.limit])
        return Page(shown, shown[-1].id if len(rest) > page.limit else None)

    @override
    async def layout(self, plan_id: PlanId) -> Layout:
        return self._tenant.layouts.get(plan_id, Layout((), ()))

    @override
    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        return (await self.layout(plan_id)).sections

    @override
    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        return self._tenant.tiers.get(plan_id, ())

    @override
    async def save(self, plan: SeatingPlan) -> None:
        stored = await self.get(plan.id)
        if stored.version != plan.version - 1:
            raise StaleVersionError("The plan was changed meanwhile.")
        plans = self._tenant.plans.values()
        others = [other for other in plans if other.ticket_id == plan.ticket_id and other.id != plan.id]
        if plan.version_number in {other.version_number for other in others} - {None}:
            raise StaleVersionError("Another plan of the ticket was published with this number.")
        if plan.status is PlanStatus.ACTIVE and any(other.status is PlanStatus.ACTIVE for other in others):
            raise TicketHasActivePlanError("Another active plan sells this ticket.")
        self._tenant.plans[plan.id] = plan

    @override
    async def next_version_number(self, ticket_id: TicketId) -> int:
        plans = [plan for plan in self._tenant.plans.values() if plan.ticket_id == ticket_id]
        return max((plan.version_number or 0 for plan in plans), default=0) + 1

    @override
    async def replace_layout(self, plan: SeatingPlan, layout: Layout) -> None:
        stored = await self.get(plan.id)
        if stored.version != plan.version - 1 or stored.status is not PlanStatus.DRAFT:
            raise StaleVersionError("The plan was changed meanwhile.")
        for seat in self._tenant.layouts[plan.id].seats:
            del self._tenant.seats[seat.id]
        self._tenant.tiers.pop(plan.id, None)
        self._tenant.allotments.pop(plan.id, None)
        await self.add(plan, layout)

    @override
    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        self._tenant.tiers[plan_id] = pricing.tiers
        self._tenant.layouts[plan_id] = pricing.layout

    @override
    async def allotments(self, plan_id: PlanId) -> Allotments:
        return self._tenant.allotments.get(plan_id, Allotments())

    @override
    async def save_allotments(self, plan_id: PlanId, allotments: Allotments) -> None:
        self._tenant.allotments[plan_id] = Allotments(tuple(sorted(allotments.each, key=lambda each: each.id)))

    @override
    async def set_hold_ttl_s(self, hold_ttl_s: int, *, at: datetime) -> None:
        for plan in self._tenant.plans.values():
            if plan.hold_ttl_s != hold_ttl_s:
                changed = replace(plan, hold_ttl_s=hold_ttl_s, version=plan.version + 1, updated_at=at)
                self._tenant.plans[plan.id] = changed


class _Ledger(SeatLedger):
    def __init__(self, tenant: _Tenant) -> None:
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
    async def picture(self, reservation_id: ReservationId) -> Picture:
        entry = self._tenant.entries.get(reservation_id)
        return {seat_id: self._tenant.seats[seat_id] for seat_id in entry.seat_ids} if entry is not None else {}

    @override
    async def states(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Picture:
        return {seat_id: wanted.state for seat_id, wanted in self._tenant.wanted(plan_id, seat_ids).items()}

    @override
    async def owned(self, plan_id: PlanId, account_id: AccountId, *, now: datetime) -> int:
        return sum(
            len(entry.seats)
            for entry in self._tenant.entries.values()
            if entry.plan_id == plan_id and entry.account_id == account_id and not entry.has_ended(now)
        )

    @override
    async def seat_map(self, plan_id: PlanId) -> Sequence[tuple[PlannedSeat, SeatState]]:
        layout = self._tenant.layouts.get(plan_id, Layout((), ()))
        return [(seat, self._tenant.seats[seat.id]) for seat in layout.seats]

    @override
    async def letters(self, plan_id: PlanId, *, now: datetime) -> SeatLetters:
        states = [state_at(state, now) for _, state in await self.seat_map(plan_id)]
        ends = [state.until for state in states if isinstance(state, Held | Reserved | Blocked) and state.until]
        return SeatLetters("".join(letter_of(state) for state in states), min(ends, default=None))


class _Blocks(SeatBlocks):
    def __init__(self, tenant: _Tenant) -> None:
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


class MemorySeatingTransactions(SeatingTransactions, ExpiredReservations):
    """One transaction at a time; a block that raises leaves nothing behind."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._tenants: dict[TenantId, _Tenant] = {}

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        async with self._messages.transaction():
            work = self._tenants.get(tenant_id, _Tenant()).copy()
            outbox = self._messages.outbox(tenant_id)
            yield _Transaction(_Plans(work), _Ledger(work), _Blocks(work), outbox, self._messages.inbox)
            self._tenants[tenant_id] = work

    @override
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[DueReservation]:
        timed = {ReservationStatus.HELD, ReservationStatus.RESERVED}
        async with self._messages.lock:
            ended = [
                (entry.expires_at, DueReservation(tenant_id, entry.id))
                for tenant_id, tenant in self._tenants.items()
                for entry in tenant.entries.values()
                if entry.status in timed and entry.has_ended(now)
            ]
        return [due for _, due in sorted(ended)[:reservations_max]]

"""A venue whose plan is changed: the live plan, a draft with another layout, buyers, and workers that die."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import override
from uuid import uuid4

from adapters.memory.clock import MemoryClock
from core.operations.operation import LEASE, Operation
from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import Layout, with_ids
from core.seating.plans import PlannedSeat, PlanStatus, SeatingPlan
from core.seating.reservations import Reservation
from core.seating.seats import SeatState
from core.shared.ids import OperationId, OrderId, PlanId, ReservationId, SeatId, TenantId
from ports.ids import IdSource
from ports.paging import PageRequest
from ports.seating import SeatingTransaction, SeatingTransactions
from tests.operations_world import MANAGER, TENANT, VENUE, Crash, Point, Stores, World, nothing
from tests.operations_world import memory_stores as operation_stores
from tests.seating_world import SeatingStores, a_buyer, a_plan, a_request
from usecases.seating.operations.plan_change import PlanChange
from usecases.seating.reserve_seats import FinaliseReservation, ReserveSeats


class DyingSeating(SeatingTransactions):
    """Seating's transactions of a worker that may die before each of them, before its commit, and after it."""

    def __init__(self, inner: SeatingTransactions) -> None:
        self._inner = inner
        self.point: Point = nothing
        self.is_frozen = False

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[SeatingTransaction]:
        self.point("before a transaction")
        async with self._inner.begin(tenant_id) as tx:
            yield tx
            self.is_frozen = (await tx.plans.page(PageRequest(), ticket_id=None)).items[0].changing_by is not None
            self.point("before a commit")
        self.point("after a commit")


@dataclass
class House:
    """A live plan of Stalls with two rows of five (R1S1 to R2S5), and drafts for the same ticket."""

    stores: SeatingStores
    ids: IdSource
    clock: MemoryClock = field(default_factory=MemoryClock)
    operations: Stores = field(default_factory=operation_stores)

    def __post_init__(self) -> None:
        plan, layout = a_plan(ids=self.ids, clock=self.clock)
        self.plan = replace(plan, venue_id=VENUE)
        self.layout: Layout = layout
        self.seating = DyingSeating(self.stores.transactions)
        self.type = PlanChange(self.seating, self.clock, self.ids)
        self.world = World(self.operations, (self.type,), self.clock)

    async def open(self) -> "House":
        async with self.stores.transactions.begin(TENANT) as tx:
            await tx.plans.add(self.plan, self.layout)
        return self

    async def draft(self, *sections: GridSection) -> tuple[SeatingPlan, Layout]:
        """Store a draft of the ticket with these sections."""
        drawn = lay_out_grid(list(sections))
        layout = with_ids(drawn, new_id=self.ids.new, price_minor=9900)
        plan = replace(
            self.plan,
            id=PlanId(self.ids.new()),
            status=PlanStatus.DRAFT,
            version_number=None,
            sections_count=len(layout.sections),
            seats_count=len(layout.seats),
            seats_without_tier=len(layout.seats),
            layout=drawn.drawing,
        )
        async with self.stores.transactions.begin(TENANT) as tx:
            await tx.plans.add(plan, layout)
        return plan, layout

    def seat(self, label: str, layout: Layout | None = None) -> SeatId:
        return next(seat.id for seat in (layout or self.layout).seats if seat.label == label)

    async def held(self, *labels: str) -> Reservation:
        buyer = a_buyer(TENANT)
        plan, seats = await self.stands()
        by_label = {seat.label: seat.id for seat, _ in seats}
        request = a_request(plan, tuple(by_label[label] for label in labels), by=buyer)
        return (await self.stores.grant(TENANT, request, now=self.clock.now())).reservation

    async def reserved(self, *labels: str) -> Reservation:
        held = await self.held(*labels)
        return await ReserveSeats(self.stores.transactions, self.clock)(
            held.id,
            tenant_id=TENANT,
            order_id=OrderId(uuid4()),
            account_id=held.account_id,
            hold_token=None,
            until=self.clock.now() + timedelta(minutes=15),
        )

    async def sold(self, *labels: str) -> Reservation:
        reserved = await self.reserved(*labels)
        await self.finalise(reserved)
        return await self.entry(reserved.id)

    async def finalise(self, reserved: Reservation) -> None:
        assert reserved.order_id is not None
        finalise = FinaliseReservation(self.stores.transactions, self.clock)
        await finalise(reserved.id, tenant_id=TENANT, order_id=reserved.order_id)

    async def entry(self, reservation_id: ReservationId) -> Reservation:
        async with self.stores.transactions.begin(TENANT) as tx:
            return await tx.seats.get(reservation_id)

    async def stands(self) -> tuple[SeatingPlan, Sequence[tuple[PlannedSeat, SeatState]]]:
        async with self.stores.transactions.begin(TENANT) as tx:
            return await tx.plans.get(self.plan.id), await tx.seats.seat_map(self.plan.id)

    async def states(self) -> dict[str, SeatState]:
        _, seats = await self.stands()
        return {seat.label: state for seat, state in seats}

    def params(self, new: SeatingPlan, *pairs: tuple[SeatId, SeatId], keep_prices: bool = True) -> dict[str, object]:
        mapping = [{"from": str(seat_id), "to": str(to)} for seat_id, to in pairs]
        return {
            "planId": str(self.plan.id),
            "newPlanId": str(new.id),
            "mapping": mapping,
            "keepPrices": keep_prices,
        }

    async def started(self, params: dict[str, object]) -> OperationId:
        return (await self.world.start(VENUE, "plan-change", params, caller=MANAGER)).id

    async def done(self, params: dict[str, object]) -> Operation:
        return await self.world.worked(await self.started(params))

    async def preview(self, params: dict[str, object]) -> dict[str, object]:
        return dict(await self.world.start.preview(VENUE, "plan-change", params, caller=MANAGER))

    async def frozen(self, params: dict[str, object]) -> OperationId:
        """Start a change whose worker dies when sales are stopped."""
        operation_id = await self.started(params)

        def dies(where: str) -> None:
            if where == "after a commit" and freezing.is_frozen:
                raise Crash

        freezing = self.seating
        self.seating.point = dies
        with suppress(Crash):
            await self.world.job()()
        self.seating.point = nothing
        self.clock.move(seconds=LEASE.total_seconds())
        assert (await self.stands())[0].changing_by == operation_id
        return operation_id

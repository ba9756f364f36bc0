"""The operation `plan-change`: a published plan gets another layout, and nobody loses a seat by it."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, override
from uuid import UUID

import msgspec

from core.seating.errors import PlanNotActiveError, PlanNotReadyError
from core.seating.layout import Layout
from core.seating.ledger import Picture, end_hold
from core.seating.plan_change import Drawn, Moved, Pair, Redrawn, redraw, redrawn_plan
from core.seating.plan_freeze import frozen, republished, thawed
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.reservations import Reservation
from core.seating.seats import Held, owner_of, state_at
from core.shared.errors import Problem, StaleVersionError
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.operations import (
    OperationRequest,
    OperationType,
    ParamsRefusedError,
    StepContext,
    StepSpec,
    Values,
)
from ports.published.seating import MovedSeat, PlanChanged, SeatPlace, SeatsMoved
from ports.seating import SeatingTransaction, SeatingTransactions
from usecases.seating.announcements import save_and_announce
from usecases.seating.operations.plan_change_values import Changed, PlanChangeParams, Planned, params_of, plain
from usecases.seating.seats_snapshot import word_for


@dataclass(frozen=True, slots=True)
class PlanChange(OperationType):
    """The plan keeps its id, and each seat that both layouts have by section and label stays the same seat.

    `freeze` stops sales; holds and orders that live go on. `change` ends the holds on seats that go, and then puts the
    new layout in place in one transaction, in which sales go on too: nobody ever sees, or holds from, half a layout,
    and no seat passes from one owner to another. Before that transaction everything can be taken back, which is to let
    sales go on; after it there is only forward, to another change. A seat that is sold while the first steps are done
    and has no place in the new layout makes the operation fail with nothing changed.
    """

    name: ClassVar[str] = "plan-change"
    steps: ClassVar[tuple[StepSpec, ...]] = (
        StepSpec("check", compensates=True),  # so that it looks anew when the operation is resumed
        StepSpec("freeze", compensates=True),
        StepSpec("change"),
    )

    transactions: SeatingTransactions
    clock: Clock
    ids: IdSource

    @override
    def parse(self, params: Values) -> Values:
        return params_of(params)

    @override
    async def preview(self, request: OperationRequest) -> Values:
        planned, _ = await self._planned(request)
        return plain(planned)

    @override
    async def admit(self, request: OperationRequest) -> None:
        _, redrawn = await self._planned(request)
        redrawn.must_be_possible()

    @override
    async def run(self, step: str, context: StepContext) -> Values:
        match step:
            case "check":
                planned, redrawn = await self._planned(context)
                redrawn.must_be_possible()
                return plain(planned)
            case "freeze":
                return await self._freeze(context)
            case _:
                return await self._change(context)

    @override
    async def compensate(self, step: str, context: StepContext) -> None:
        if step == "check":
            return
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            await tx.changes.lead(context.operation_id, context.fence)
            plan = await tx.plans.get(_asked(context)[0])
            on_sale = thawed(plan, context.operation_id, now=self.clock.now())
            if on_sale.version != plan.version:
                await tx.plans.save(on_sale)

    async def _planned(self, request: OperationRequest) -> tuple[Planned, Redrawn]:
        plan_id, new_plan_id = _asked(request)
        now = self.clock.now()
        async with self.transactions.begin(TenantId(request.tenant_id)) as tx:
            plan = await tx.plans.get(plan_id)
            wanted = await _drawn(tx, await tx.plans.get(new_plan_id))
            _must_fit(request, plan, wanted.plan)
            seats = await tx.seats.seat_map(plan_id)
            layout = Layout(await tx.plans.sections(plan_id), tuple(seat for seat, _ in seats))
            live = Drawn(plan, layout, await tx.plans.tiers(plan_id))
        states = {seat.id: state_at(state, now) for seat, state in seats}
        redrawn = await self._redrawn(request, live, wanted, states)
        owners = {seat.id: owner_of(states[seat.id]) for seat in (*redrawn.without_place, *redrawn.paying)}
        owners |= {each.before.id: owner_of(states[each.before.id]) for each in redrawn.moved}
        reservations = await self._reservations(request, {id for id in owners.values() if id is not None})
        orders: dict[UUID, UUID | None] = {
            seat_id: reservations[id].order_id for seat_id, id in owners.items() if id is not None
        }
        words: dict[UUID, str] = {seat_id: word_for(state) for seat_id, state in states.items()}
        return Planned.of(live, wanted, redrawn, words=words, orders=orders), redrawn

    async def _redrawn(self, request: OperationRequest, live: Drawn, wanted: Drawn, states: Picture) -> Redrawn:
        params = msgspec.convert(request.params, PlanChangeParams)
        pairs = [Pair(SeatId(pair.from_), SeatId(pair.to)) for pair in params.mapping]
        work = partial(redraw, live, wanted, pairs, states=states, keep_prices=params.keep_prices, new_id=self.ids.new)
        # In a thread, since a large plan takes long enough for others to notice.
        return await asyncio.to_thread(work)

    async def _reservations(
        self, request: OperationRequest, ids: set[ReservationId]
    ) -> dict[ReservationId, Reservation]:
        async with self.transactions.begin(TenantId(request.tenant_id)) as tx:
            return {id: await tx.seats.get(id) for id in sorted(ids)}

    async def _freeze(self, context: StepContext) -> Values:
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            if await tx.changes.lead(context.operation_id, context.fence):
                return {}
            plan = await tx.plans.get(_asked(context)[0])
            stopped = frozen(plan, context.operation_id, now=self.clock.now())
            if stopped.version != plan.version:
                await tx.plans.save(stopped)
        return {}

    async def _change(self, context: StepContext) -> Values:
        """End holds that are in the way, and change the plan; raises StaleVersionError to be tried again."""
        plan_id = _asked(context)[0]
        await self._end_holds(context, plan_id)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            if await tx.changes.lead(context.operation_id, context.fence):
                return plain(_changed(await tx.plans.get(plan_id), context))
            now = self.clock.now()
            live, wanted, states = await self._locked(tx, context)
            redrawn = await self._redrawn(context, live, wanted, states)
            redrawn.must_be_possible()
            if redrawn.held:
                raise StaleVersionError("A hold was made while sales were being stopped.")
            number = await tx.plans.next_version_number(live.plan.ticket_id)
            plan = republished(redrawn_plan(live.plan, wanted.plan, redrawn), number, now=now)
            if errors := plan.check().errors:
                raise PlanNotReadyError("The new layout cannot go on sale.", errors)
            await self._tell(tx, context, redrawn, states)
            await tx.changes.rebuild(plan, redrawn, at=now)
            told = PlanChanged(
                plan_id=plan_id,
                operation_id=context.operation_id,
                version_number=number,
                seats_version=plan.seats_version,
                seats_added=len(redrawn.added),
                seats_removed=len(redrawn.removed),
            )
            await tx.outbox.add(told, subject=plan_id, at=now)
            await tx.changes.done(context.operation_id)
        return plain(_changed(plan, context))

    async def _locked(self, tx: SeatingTransaction, context: StepContext) -> tuple[Drawn, Drawn, Picture]:
        plan_id, new_plan_id = _asked(context)
        plan, seats = await tx.changes.lock(plan_id)
        if plan.changing_by != context.operation_id:
            raise PlanNotActiveError("The plan is not frozen for this change any more.")
        wanted = await _drawn(tx, await tx.plans.get(new_plan_id))
        _must_fit(context, plan, wanted.plan)
        if wanted.plan.version != msgspec.convert(context.results["check"], Planned).new_plan_version:
            message = "The new plan was changed since it was looked at."
            raise ParamsRefusedError(message, [Problem("/params/newPlanId", message)])
        layout = Layout(await tx.plans.sections(plan_id), tuple(seat for seat, _ in seats))
        now = self.clock.now()
        states = {seat.id: state_at(state, now) for seat, state in seats}
        return Drawn(plan, layout, await tx.plans.tiers(plan_id)), wanted, states

    async def _end_holds(self, context: StepContext, plan_id: PlanId) -> None:
        """Give back, whole, the holds that have a seat which goes."""
        tenant_id = TenantId(context.tenant_id)
        async with self.transactions.begin(tenant_id) as tx:
            if await tx.changes.lead(context.operation_id, context.fence):
                return
            live = await tx.seats.seat_map(plan_id)
        _, redrawn = await self._planned(context)
        redrawn.must_be_possible()
        states = {seat.id: state for seat, state in live}
        held = [states[seat_id] for seat_id in redrawn.held if seat_id in states]
        ending = sorted({state.reservation_id for state in held if isinstance(state, Held)})
        if not ending:
            return
        async with self.transactions.begin(tenant_id) as tx:
            await tx.changes.lead(context.operation_id, context.fence)
            now = self.clock.now()
            entries = await tx.seats.lock_all(ending, wait=True)
            changes = [end_hold(entry.reservation, seats=entry.seats, now=now) for entry in entries]
            await save_and_announce(tx, changes, now=now)

    async def _tell(self, tx: SeatingTransaction, context: StepContext, redrawn: Redrawn, states: Picture) -> None:
        """Tell each order which of its seats are elsewhere now."""
        by_owner: defaultdict[ReservationId, list[Moved]] = defaultdict(list)
        for moved in redrawn.moved:
            owner = owner_of(states[moved.before.id])
            assert owner is not None, "only sold seats are moved"
            by_owner[owner].append(moved)
        for reservation_id, moves in sorted(by_owner.items()):
            entry = await tx.seats.get(reservation_id)
            assert entry.order_id is not None, "a sold seat is some order's"
            event = SeatsMoved(
                reservation_id=reservation_id,
                plan_id=entry.plan_id,
                ticket_id=entry.ticket_id,
                order_id=entry.order_id,
                operation_id=context.operation_id,
                seats=tuple(map(_moved_seat, moves)),
            )
            await tx.outbox.add(event, subject=reservation_id, at=self.clock.now())


def _asked(request: OperationRequest) -> tuple[PlanId, PlanId]:
    params = msgspec.convert(request.params, PlanChangeParams)
    return PlanId(params.plan_id), PlanId(params.new_plan_id)


async def _drawn(tx: SeatingTransaction, plan: SeatingPlan) -> Drawn:
    plan.must_be_whole()
    return Drawn(plan, await tx.plans.layout(plan.id), await tx.plans.tiers(plan.id))


def _must_fit(request: OperationRequest, live: SeatingPlan, wanted: SeatingPlan) -> None:
    """Raise ParamsRefusedError for plans that have nothing to do with each other."""
    problems: list[Problem] = []
    if live.venue_id != request.venue_id:
        problems.append(Problem("/params/planId", "The plan is of another venue."))
    if live.status is PlanStatus.DRAFT:
        problems.append(Problem("/params/planId", "The plan is a draft: its layout can simply be replaced."))
    if wanted.ticket_id != live.ticket_id:
        problems.append(Problem("/params/newPlanId", "The new plan is another ticket's."))
    if wanted.ticket_price.currency != live.ticket_price.currency:
        problems.append(Problem("/params/newPlanId", "The new plan is sold in another currency."))
    if wanted.status is PlanStatus.ACTIVE:
        problems.append(Problem("/params/newPlanId", "The new plan is on sale itself."))
    if problems:
        raise ParamsRefusedError(problems[0].message, problems)


def _changed(plan: SeatingPlan, context: StepContext) -> Changed:
    planned = msgspec.convert(context.results["check"], Planned)
    return Changed(version_number=plan.version_number or 0, seats=plan.seats_count, moved=planned.counts.moved)


def _moved_seat(moved: Moved) -> MovedSeat:
    before, after = moved.before, moved.after
    return MovedSeat(
        seat_id=before.id,
        before=SeatPlace(label=before.label, section=moved.section_before, row=before.row, number=before.number),
        after=SeatPlace(label=after.label, section=moved.section_after, row=after.row, number=after.number),
    )
